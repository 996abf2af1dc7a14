/* test_figure: figures of reports: names of others stay text in gnuplot, CSV and SVG, one results
 * file given twice is one study, a file of format 3 becomes drawings, and so does all that is told
 * of a network with a known circuit. */
#include "../support/planted.h"
#include "figure/contour_lines.h"
#include "figure/figure.h"
#include "figure/svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char hostile[] = "<script> \"a\" 'b' \\n & @x _{y}^2 `id` ~z %d\n}";

static char *written(void (*write)(FILE *, const char *), const char *text)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    assert_non_null(out);
    write(out, text);
    return sheet_close(&sheet, out, true, NULL);
}

/* Inside its quotes stands nothing that gnuplot would obey. */
static void test_quote(void **state)
{
    (void)state;
    char *text = written(figure_quote, hostile);
    assert_string_equal(text, "\"\\074script\\076 \\042a\\042 \\047b\\047 \\134n \\046 \\100x "
                              "\\137\\173y\\175\\1362 \\140id\\140 \\176z \\045d\\134x0a\\175\"");
    free(text);
    text = written(figure_csv_text, "a \"b\", c\n");
    assert_string_equal(text, "\"a \"\"b\"\", c\\x0a\"");
    free(text);
}

static void test_svg(void **state)
{
    (void)state;
    static const char svg[] =
        "<?xml version=\"1.0\"?>\n<svg width=\"3\" height=\"4\"\n viewBox=\"0 0 3 4\">\n"
        "<title>Gnuplot</title>\n<desc>Produced by GNUPLOT</desc><g id=\"canvas\"><use "
        "xlink:href='#p' fill='black'/><path id='p' filter='url(#box)'/></g></svg>\n";
    char *text = svg_inline(svg, "loss", "A & B \"<c>\"");
    assert_non_null(text);
    assert_string_equal(
        text, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
              "xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 3 4\" role=\"img\" "
              "aria-label=\"A &amp; B &quot;&lt;c&gt;&quot;\">\n\n"
              "<g id=\"loss-canvas\"><use xlink:href='#loss-p' fill='var(--figure-ink, #000)'/>"
              "<path id='loss-p' filter='url(#loss-box)'/></g></svg>\n");
    free(text);
    assert_null(svg_inline("no drawing", "a", "b"));
}

static void test_thin(void **state)
{
    (void)state;
    double x[1000];
    int at[20];
    for (int i = 0; i < 1000; i++) x[i] = i == 437 ? 9 : i == 438 ? -9 : i < 100 ? NAN : 0.001 * i;
    int num = figure_thin(x, 1000, 10, at), peaks = 0;
    assert_true(num > 10 && num <= 18); /* the first tenth has none */
    for (int i = 0; i < num; i++) peaks += at[i] == 437 || at[i] == 438;
    assert_int_equal(peaks, 2);
    for (int i = 1; i < num; i++) assert_true(at[i] > at[i - 1]);
}

static const char file[] = "tests/golden/files/format3.h5";

static void test_source(void **state)
{
    (void)state;
    struct source one, two;
    struct status st = {0};
    const char *paths[] = {file, file};
    check_ok(source_open(&one, paths, 1, NULL, &st), &st);
    check_ok(source_open(&two, paths, 2, NULL, &st), &st);
    assert_true(one.num_runs > 0);
    assert_int_equal(one.num_runs, two.num_runs);
    assert_int_equal(one.num_cells, two.num_cells);
    assert_int_equal(two.num_twice, one.num_runs);
    int done = 0, run = -1;
    for (int c = 0; c < one.num_cells; c++) {
        assert_true(strlen(one.cell[c].text) > 0);
        for (int i = 0; i < one.cell[c].num_runs; i++)
            assert_int_equal(one.run[one.cell[c].run[i]].cell, c);
        done += one.cell[c].num_done;
    }
    assert_true(done > 0);
    check_ok(source_find_run(&one, one.run[one.num_runs - 1].key, &run, &st), &st);
    assert_int_equal(run, one.num_runs - 1);
    check_code(source_find_run(&one, "no run", &run, &st), STATUS_USAGE, &st);
    struct array a;
    check_ok(source_array(&one, 0, "of_no_version", &a, &st), &st);
    assert_null(a.x);
    array_free(&a);
    source_close(&one);
    source_close(&two);
}

static bool is_there(const char *dir, const struct figure *f, const char *ending)
{
    char path[400];
    snprintf(path, sizeof path, "%s/figures/%s.%s", dir, f->name, ending);
    return access(path, R_OK) == 0;
}

/* Is it as wide as it says, to half a point, with its fonts inside? cairo writes both as text. */
static void check_pdf(const char *dir, const struct figure *f)
{
    char path[400];
    static char bytes[1 << 20];
    snprintf(path, sizeof path, "%s/figures/%s.pdf", dir, f->name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    const char *box = memmem(bytes, n, "/MediaBox [ 0 0 ", 16);
    assert_non_null(box);
    check_near(strtod(box + 16, NULL), f->width_mm * 72 / 25.4, 0.5);
    assert_non_null(memmem(bytes, n, "/FontFile2", 10));
    assert_null(memmem(bytes, n, "/FontFile3", 10));
}

static void test_draw(void **state)
{
    (void)state;
    struct source s;
    struct figures out;
    struct status st = {0};
    char dir[] = "/tmp/test_figure-XXXXXX", command[64];
    const char *path = file;
    assert_non_null(mkdtemp(dir));
    check_ok(source_open(&s, &path, 1, NULL, &st), &st);
    check_ok(figures_draw(&s, (int[]){0}, 1, dir, &out, &st), &st);
    bool gnuplot = system("gnuplot --version >/dev/null 2>&1") == 0;
    int num_files = 0;
    if (gnuplot) assert_string_equal(out.note, "");
    for (int i = 0; i < out.num; i++) {
        const struct figure *f = &out.figure[i];
        assert_true(strlen(f->title) > 0 && strlen(f->says) > 0);
        num_files += f->has_files;
        assert_int_equal(is_there(dir, f, "csv") && is_there(dir, f, "gp"), f->has_files);
        assert_int_equal(f->svg && is_there(dir, f, "pdf"), gnuplot && f->has_files);
        if (f->svg) assert_null(strstr(strstr(f->svg, "viewBox"), "http"));
        if (f->svg) check_pdf(dir, f);
    }
    assert_true(num_files > 0);
    figures_free(&out);
    source_close(&s);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

/* The line of a round hill is a circle, and what holds it gets one scale both ways. */
static void test_contour(void **state)
{
    (void)state;
    enum { N = 61 };
    const double extent[] = {-3, 3, -3, 3};
    double density[N * N], right[2], x, y, name;
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++)
            density[a * N + b] = exp(-pow((a - N / 2) * 6. / N, 2) - pow((b - N / 2) * 6. / N, 2));
    struct sheet sheet;
    struct figure f = {.csv = sheet_open(&sheet)};
    struct plane plane = PLANE_EMPTY;
    assert_non_null(f.csv);
    contour_write(&f, &(struct density){density, extent, N}, exp(-1), 4, &plane, right);
    char *text = sheet_close(&sheet, f.csv, true, NULL);
    int points = 0;
    for (char *line = text; sscanf(line, "%lf,%lf,%lf", &name, &x, &y) == 3; points++) {
        assert_true(name == 4 && fabs(hypot(x, y) - 1) < 0.005);
        line = strchr(line, '\n') + 1;
        if (points % 2) assert_true(*line++ == '\n'); /* pieces of two points */
    }
    assert_true(points > 100);
    assert_true(fabs(right[0] - 1) < 0.005 && fabs(plane.low[1] + 1) < 0.005);
    double height = plane_fit(&plane, 80, 0.5, 0.6);
    assert_true(fabs(height - 48) <
                1e-9); /* wider than high, so that one unit is as long both ways */
    assert_true(
        fabs((plane.high[1] - plane.low[1]) / height - (plane.high[0] - plane.low[0]) / 80) < 1e-9);
    free(text);
}

/* The results of a network whose circuit is known, made by the program beside this one. */
static void analyse_planted(const char *dir, char path[400])
{
    const int num_kicks[] = {3, 2};
    struct planted p = planted_build(60, 2, num_kicks, 4);
    struct imported network = {.shape = p.shape, .params = p.params, .says_relu = true};
    struct status st = {0};
    char own[2000], weights[400], command[4000];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    assert_true(n > 0);
    own[n] = '\0';
    *strrchr(own, '/') = '\0';
    snprintf(weights, sizeof weights, "%s/weights.h5", dir);
    snprintf(path, 400, "%s/results.h5", dir);
    check_ok(store_export_weights(weights, &network, "planted", &st), &st);
    snprintf(command, sizeof command,
             "'%s/../hmmgrid' analyse %s -o %s --set analysis.likelihood=false --set "
             "analysis.steps=12000 --set analysis.permutations=20",
             own, weights, path);
    assert_int_equal(system(command), 0);
    planted_free(&p);
}

/* Every figure of dynamics and circuit has something to show of it. */
static void test_planted(void **state)
{
    (void)state;
    struct source s;
    struct figures out;
    struct status st = {0};
    char dir[] = "/tmp/test_figure-XXXXXX", path[400], command[64];
    const char *paths = path;
    int num = 0;
    assert_non_null(mkdtemp(dir));
    analyse_planted(dir, path);
    check_ok(source_open(&s, &paths, 1, NULL, &st), &st);
    check_ok(figures_draw(&s, (int[]){0}, 1, dir, &out, &st), &st);
    for (int i = 0; i < out.num; i++) {
        const struct figure *f = &out.figure[i];
        if (f->section != DYNAMICS && f->section != CIRCUIT) continue;
        if (!f->has_files) fail_msg("%s: %s", f->name, f->says);
        assert_null(strstr(f->says, "nan"));
        num++;
    }
    assert_true(num > 15);
    if (system("gnuplot --version >/dev/null 2>&1") == 0) assert_string_equal(out.note, "");
    figures_free(&out);
    source_close(&s);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote),   cmocka_unit_test(test_svg),
        cmocka_unit_test(test_thin),    cmocka_unit_test(test_contour),
        cmocka_unit_test(test_planted), cmocka_unit_test(test_source),
        cmocka_unit_test(test_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
