#include "programs.h"

#include "../model/observe/probe.h"
#include "../model/spec/spec.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Lines {
    char *text;
    size_t size, room;
} Lines;

static void add(Lines *lines, const char *text, size_t size)
{
    if (lines->size + size + 1 > lines->room) {
        lines->room = 2 * (lines->size + size + 1);
        lines->text = realloc(lines->text, lines->room);
        ck_assert_ptr_nonnull(lines->text);
    }
    memcpy(lines->text + lines->size, text, size);
    lines->size += size;
    lines->text[lines->size] = '\0';
}

static void print_line(void *context, const char *text, size_t size)
{
    add(context, text, size);
    add(context, "\n", 1);
}

static void run(Played *played, Mem *mem, const char *json, const PlayOptions *options, Lines *lines)
{
    const char *set[] = {"order=libuv-1.44"};
    Diag diag;
    diag_init(&diag, mem);
    SpecText text = {options->file ? options->file : "p.json", json, strlen(json)};
    SpecOptions spec_options = {.set = set, .set_count = options->legacy};
    Spec *spec = spec_read(mem, text, &spec_options, &diag);
    Program *program = spec ? program_compile(mem, spec, &diag) : NULL;
    if (!program || diag.errors > 0) {
        Buf out;
        buf_init(&out, mem, 1 << 20);
        diag_render(&out, &diag);
        free(played->diagnostics);
        played->diagnostics = strdup(buf_string(&out));
        played->refused = true;
        return;
    }
    Probe probe;
    probe_init(&probe, NULL, stats_new(mem, spec, program, 0));
    ProcessOptions process = {
        .max_events = options->max_events ? options->max_events : 10000000, .print = print_line, .context = lines};
    played->result = process_run(mem, spec, program, &probe, &process);
    played->spinning = probe.spinning;
    if (played->result.died)
        snprintf(played->error, sizeof played->error, "%s", played->result.error);
    played->result.error = NULL;
}

/* Its arguments stay as they came: what a function changes around mem_try may be lost. */
static Played play(const char *json, const PlayOptions *options)
{
    Played played = {.diagnostics = strdup("")};
    Lines lines = {0};
    MemTrap trap;
    Mem *mem = mem_new(options->memory ? options->memory : (size_t)256 << 20);
    add(&lines, "", 0);
    if (mem_try(mem, &trap)) {
        run(&played, mem, json, options, &lines);
        mem_end_try(mem, &trap);
    } else
        played.out_of_memory = true;
    mem_delete(mem);
    played.lines = lines.text;
    return played;
}

Played play_program(const char *json, const PlayOptions *options)
{
    static const PlayOptions usual = {0};
    return play(json, options ? options : &usual);
}

void played_free(Played *played)
{
    free(played->lines);
    free(played->diagnostics);
}

void ck_program(const char *json, const char *lines, int exit_code)
{
    Played played = play_program(json, NULL);
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    for (char *p = played.lines; *p; p++)
        if (*p == '\n')
            *p = '|';
    ck_assert_msg(strcmp(played.lines, lines) == 0, "%s\n  prints %s\n  not    %s", json, played.lines, lines);
    ck_assert_msg(played.result.exit_code == exit_code, "%s\n  exits with %d, not %d (%s)", json,
                  played.result.exit_code, exit_code, played.error);
    played_free(&played);
}
