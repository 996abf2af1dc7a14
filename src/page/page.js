(function () {
'use strict';
var root = document.documentElement, cells = document.getElementById('cells');
var all = function (what, from) { return Array.prototype.slice.call((from || document).querySelectorAll(what)); };
var sorted = '', search, count;
root.classList.add('script');

// --- sorting: numbers by size, texts with their numbers by size, what is missing last
function at(row, column) {
  for (var i = 0, to = 0; i < row.cells.length; i++)
    if ((to += row.cells[i].colSpan) > column) return row.cells[i].textContent.trim();
  return '';
}
function by(column, falls) {
  return function (a, b) {
    var x = at(a.rows ? a.rows[0] : a, column), y = at(b.rows ? b.rows[0] : b, column);
    var none = /^[-–]?$/;
    if (none.test(x) || none.test(y)) return none.test(x) - none.test(y);
    var m = parseFloat(x), n = parseFloat(y);
    var d = !isNaN(m) && !isNaN(n) && m !== n ? m - n : x.localeCompare(y, 'en', { numeric: true });
    return falls ? -d : d;
  };
}
function sort(table, column, falls) {
  all('th', table).forEach(function (th, i) {
    if (i === column) th.setAttribute('aria-sort', falls ? 'descending' : 'ascending');
    else th.removeAttribute('aria-sort');
  });
  var put = function (parent, items) {
    items.sort(by(column, falls)).forEach(function (item) { parent.appendChild(item); });
  };
  if (table === cells) put(table, all('tbody', table));
  all('tbody', table).forEach(function (body) { put(body, all(table === cells ? 'tr.run' : 'tr', body)); });
}
all('table.sorts').forEach(function (table) {
  all('th', table).forEach(function (th, i) {
    var go = function () {
      var falls = th.getAttribute('aria-sort') === 'ascending';
      sort(table, i, falls);
      if (table === cells) { sorted = (falls ? '-' : '') + th.textContent; remember(); }
    };
    th.tabIndex = 0;
    th.addEventListener('click', go);
    th.addEventListener('keydown', function (e) { if (e.key === 'Enter') go(); });
  });
});

// --- the table of cells: folding and filtering
function fold(body, open) {
  body.classList.toggle('open', open);
  body.querySelector('.fold').setAttribute('aria-expanded', open);
}
function named(name) {
  return all('th', cells).findIndex(function (th) {
    var t = th.textContent;
    return t === name || t.slice(-name.length - 1) === '.' + name;
  });
}
// one condition: a word, -word, or NAME=a,b NAME!=a NAME<x NAME>=x
function condition(text) {
  var m = /^([^<>=!]+)(<=|>=|!=|=|<|>)(.+)$/.exec(text), not = text[0] === '-' && !m;
  var word = text.slice(not ? 1 : 0).replace(/"/g, '').toLowerCase();
  if (!m) return function (head, run) {
    return ((head.textContent + ' ' + run.textContent).toLowerCase().indexOf(word) >= 0) !== not;
  };
  var column = named(m[1]), keys = cells.rows[1] ? cells.querySelector('tr.run td[colspan]').colSpan : 0;
  return function (head, run) {
    var own = new RegExp('\\b' + m[1].replace(/\W/g, '.') + ' (\\S+?)(,|$)').exec(at(run, 1));
    var x = column < 0 ? (m[1] === 'run' ? at(run, 0).slice(4) : own ? own[1] : '') : at(column > keys ? run : head, column);
    var n = parseFloat(x), y = parseFloat(m[3]);
    if (m[2] === '=' || m[2] === '!=')
      return m[3].replace(/"/g, '').split(',').some(function (v) { return v === x || (parseFloat(v) === n && /^[-+.\d]/.test(v)); }) === (m[2] === '=');
    return m[2] === '<' ? n < y : m[2] === '>' ? n > y : m[2] === '<=' ? n <= y : n >= y;
  };
}
function filter() {
  var tests = (search.value.match(/(?:[^\s"]|"[^"]*")+/g) || []).map(condition), runs = 0, found = 0;
  all('tbody', cells).forEach(function (body) {
    var any = 0;
    all('tr.run', body).forEach(function (run) {
      var good = tests.every(function (test) { return test(body.rows[0], run); });
      run.classList.toggle('out', !good);
      any += good;
      runs++;
    });
    found += any;
    body.classList.toggle('out', !any);
    if (tests.length) fold(body, any > 0);
  });
  count.textContent = tests.length ? found + ' of ' + runs + ' runs' : runs + ' runs';
}
function remember() {
  var text = search.value || sorted ? '#?' + encodeURIComponent(search.value) + (sorted ? '&' + encodeURIComponent(sorted) : '') : '#';
  try { history.replaceState(null, '', text); } catch (e) { location.hash = text; }
}
function restore() {
  var hash = location.hash, target;
  if (hash.slice(0, 2) === '#?' && cells) {
    var part = hash.slice(2).split('&').map(decodeURIComponent), name = part[1] || '', falls = name[0] === '-';
    search.value = part[0];
    filter();
    var column = all('th', cells).findIndex(function (th) { return th.textContent === name.slice(falls ? 1 : 0); });
    if (column >= 0) { sorted = name; sort(cells, column, falls); }
    cells.scrollIntoView({ block: 'center' });
  } else if (hash.length > 1 && (target = document.getElementById(hash.slice(1)))) {
    var body = target.closest('#cells tbody');
    if (body) { body.classList.remove('out'); fold(body, true); target.classList.remove('out'); target.scrollIntoView({ block: 'center' }); }
  }
}
if (cells) {
  all('tbody', cells).forEach(function (body) {
    var button = document.createElement('button'), first = body.rows[0].cells[0];
    button.className = 'fold';
    button.type = 'button';
    button.setAttribute('aria-label', 'runs of ' + first.textContent);
    button.addEventListener('click', function () { fold(body, !body.classList.contains('open')); });
    first.insertBefore(button, first.firstChild);
    fold(body, false);
  });
  search = document.getElementById('filter');
  count = document.getElementById('count');
  search.addEventListener('input', function () { filter(); remember(); });
  document.getElementById('unfold').addEventListener('click', function () {
    var open = !all('tbody', cells).every(function (body) { return body.classList.contains('open'); });
    all('tbody', cells).forEach(function (body) { fold(body, open); });
  });
  filter();
  addEventListener('hashchange', restore);
  restore();
}

// --- where the reader is, and what belongs to a cell
if (window.IntersectionObserver) {
  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      var link = document.querySelector('nav a[href="#' + entry.target.id + '"]');
      if (!link || !entry.isIntersecting) return;
      all('nav a').forEach(function (a) { a.removeAttribute('aria-current'); });
      link.setAttribute('aria-current', 'true');
    });
  }, { rootMargin: '-20% 0px -75% 0px' });
  all('main > section').forEach(function (section) { seen.observe(section); });
}
document.addEventListener('mouseover', function (e) {
  var one = e.target.closest && e.target.closest('[data-cell]');
  all('.lit').forEach(function (lit) { lit.classList.remove('lit'); });
  if (one) all('[data-cell="' + one.dataset.cell + '"]').forEach(function (other) { other.classList.add('lit'); });
});
addEventListener('beforeprint', function () { all('details').forEach(function (d) { d.open = true; }); });
})();
