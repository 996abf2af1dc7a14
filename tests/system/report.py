"""report.py DIR [WORD...]: is the page of a report whole, needs nothing from outside, leads nowhere that
is not there, and says these words as text? No text of a study may be markup."""
import html.parser
import pathlib
import re
import sys

folder, *words = sys.argv[1:]
text = (pathlib.Path(folder) / "index.html").read_text(encoding="utf-8")
VOID = {"meta", "input", "br", "img", "link", "path", "use", "image", "rect", "line", "circle", "stop"}
KNOWN = set("""html head meta title style body nav a main header h1 h2 h3 h4 p section div b table thead
tbody tr th td article details summary pre dl dt dd ul li figure figcaption script span input button code
svg g path use text tspan title desc defs rect line circle polygon polyline image clippath symbol marker
lineargradient stop pattern filter feflood fecomposite feoffset femerge femergenode fegaussianblur""".split())


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.said = [], [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in KNOWN, f"<{tag}> at {self.getpos()}"
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name == "id":
                self.ids.append(value)
            elif name in ("href", "src", "xlink:href", "action", "data"):
                self.links.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1:]}> at {self.getpos()}"
        self.open.pop()

    def handle_data(self, data):
        if self.open[-1:] not in (["script"], ["style"]):
            self.said.append(data)


page = Page()
page.feed(text)
page.close()
assert not page.open, page.open
assert text.count("<script") == 1 and text.rstrip().endswith("</html>")
twice = {i for i in page.ids if page.ids.count(i) > 1} if len(page.ids) < 5000 else len(page.ids) - len(set(page.ids))
assert not twice, twice
for link in page.links:
    if link.startswith("#?") or link == "#":
        continue
    if link.startswith("#"):
        assert link[1:] in page.ids, link
    else:
        assert ":" not in link and not link.startswith("/"), link
        assert (pathlib.Path(folder) / link).is_file(), link
outside = re.findall(r"(?:url\(|@import|src=|href=)[\"']?(?:https?:)?//[^\s\"')]*", text)
assert not outside, outside
said = " ".join(" ".join(page.said).split())
for word in words:
    assert " ".join(word.split()) in said, word
print(f"{len(text)} bytes, {len(page.links)} links")
