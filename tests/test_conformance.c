/* Every program of tests/conformance prints what Node prints, in both orders of libuv's phases. */
#include "../model/spec/diag.h"
#include "command.h"
#include "programs.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *conformance_suite(void);

static glob_t programs;

enum { NAME_ROOM = 200 };

static int exit_code_of(const char *name)
{
    char *codes = read_file("tests/conformance/exit-codes.txt", NULL), line[NAME_ROOM + 1];
    ck_assert_ptr_nonnull(codes);
    snprintf(line, sizeof line, "%s ", name);
    const char *at = strstr(codes, line);
    int code = at ? atoi(at + strlen(line)) : 0;
    free(codes);
    return code;
}

static void conforms(int index, bool legacy)
{
    const char *path = programs.gl_pathv[index];
    char name[NAME_ROOM], expected[NAME_ROOM + 100];
    snprintf(name, sizeof name, "%.*s", (int)(strlen(path) - strlen("tests/conformance/.json")),
             path + strlen("tests/conformance/"));
    snprintf(expected, sizeof expected, "tests/conformance/%s.1.44.out", name);
    if (!legacy || !file_exists(expected))
        snprintf(expected, sizeof expected, "tests/conformance/%s.out", name);
    char *json = read_file(path, NULL), *out = read_file(expected, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_nonnull(out);
    Played played = play_program(json, &(PlayOptions){.file = path, .legacy = legacy});
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    ck_assert_msg(strcmp(played.lines, out) == 0, "%s prints\n%sand Node\n%s", name, played.lines, out);
    ck_assert_msg(played.result.exit_code == exit_code_of(name), "%s exits with %d", name, played.result.exit_code);
    played_free(&played);
    free(json);
    free(out);
}

START_TEST(prints_what_node_20_prints)
{
    conforms(_i, false);
}
END_TEST

START_TEST(prints_what_libuv_1_44_gives)
{
    conforms(_i, true);
}
END_TEST

/* ---- time that passes within callbacks ---- */

static bool is_one_of(const char *key, const char *const words[])
{
    while (*words && strcmp(*words, key) != 0)
        words++;
    return *words != NULL;
}

/* Whether an array under this key, in an object under `of`, is a body. */
static bool is_body(const char *key, const char *of)
{
    static const char *const bodies[] = {
        "main",     "then",           "else",    "catch",        "finally",    "do",          "try",
        "cb",       "async",          "promise", "thenable",     "setTimeout", "setInterval", "setImmediate",
        "nextTick", "queueMicrotask", "handler", "onConnection", "onRequest",  NULL};
    return is_one_of(key, bodies) || strcmp(of, "functions") == 0;
}

/* Before each step of each body: CPU time, so that each of them is left and gone on with. */
static void delay(Mem *mem, Json *json, const char *key, const char *of)
{
    static const char *const combined[] = {"all", "race", "any", "allSettled", NULL};
    bool body = json->type == JSON_ARRAY && is_body(key, of);
    for (Json **at = &json->child; *at; at = &(*at)->next) {
        Json *child = *at;
        delay(mem, child,
              child->key                                                       ? child->key
              : child->type == JSON_ARRAY && !body && is_one_of(key, combined) ? "do"
                                                                               : "",
              key);
        if (!body)
            continue;
        Json *step = mem_get(mem, sizeof *step), *cpu = mem_get(mem, sizeof *cpu);
        *cpu = (Json){.type = JSON_STRING, .key = "cpu", .text = "100ns", .text_size = 5};
        *step = (Json){.type = JSON_OBJECT, .child = cpu, .count = 1, .next = child};
        *at = step;
        at = &step->next;
    }
}

static char *delayed(const char *text)
{
    Mem *mem = mem_new((size_t)64 << 20);
    Diag diag;
    Buf out;
    diag_init(&diag, mem);
    buf_init(&out, mem, (size_t)16 << 20);
    Json *json = json_read(mem, (JsonPlace){"p.json", 1, 1, 0, 0}, text, strlen(text), &diag);
    ck_assert_ptr_nonnull(json);
    delay(mem, json, "", "");
    json_write(&out, json);
    char *copy = strdup(buf_string(&out));
    mem_delete(mem);
    return copy;
}

/* Callbacks that take time, in the middle of whatever they do, run in the same order: the loop is where it was when they
 * go on. */
START_TEST(prints_the_same_where_every_step_takes_time)
{
    const char *path = programs.gl_pathv[_i];
    char *json = read_file(path, NULL), *slow = delayed(json);
    Played plain = play_program(json, &(PlayOptions){.file = path}),
           played = play_program(slow, &(PlayOptions){.file = path});
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    ck_assert_msg(strcmp(played.lines, plain.lines) == 0, "%s\nprints\n%snot\n%s", slow, played.lines, plain.lines);
    ck_assert_int_eq(played.result.exit_code, plain.result.exit_code);
    ck_assert_str_eq(played.error, plain.error);
    played_free(&plain);
    played_free(&played);
    free(slow);
    free(json);
}
END_TEST

START_TEST(the_programs_are_all_there)
{
    glob_t changed;
    ck_assert_int_eq((int)programs.gl_pathc, 210);
    ck_assert_int_eq(glob("tests/conformance/*.1.44.out", 0, NULL, &changed), 0);
    ck_assert_int_eq((int)changed.gl_pathc, 4);
    globfree(&changed);
}
END_TEST

Suite *conformance_suite(void)
{
    Suite *suite = suite_create("conformance");
    TCase *all = tcase_create("all");
    if (programs.gl_pathc == 0 && glob("tests/conformance/*.json", 0, NULL, &programs) != 0)
        programs.gl_pathc = 0;
    tcase_add_test(all, the_programs_are_all_there);
    tcase_add_loop_test(all, prints_what_node_20_prints, 0, (int)programs.gl_pathc);
    tcase_add_loop_test(all, prints_what_libuv_1_44_gives, 0, (int)programs.gl_pathc);
    tcase_add_loop_test(all, prints_the_same_where_every_step_takes_time, 0, (int)programs.gl_pathc);
    suite_add_tcase(suite, all);
    return suite;
}
