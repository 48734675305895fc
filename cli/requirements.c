#include "run.h"

#include <string.h>

static int read_expected(Requirements *requirements, Cli *cli, Input *input)
{
    const Spec *spec = input->spec;
    bool fine = true;
    for (int i = 0; i < spec->expect_count; i++) {
        const SpecRequirement *expect = &spec->expect[i];
        fine &= requirement_parse(&requirements->item[requirements->count++], cli->mem, spec, expect->text,
                                  expect->place, &input->diag);
    }
    requirements->expected = requirements->count;
    return fine ? EXIT_DONE : EXIT_SPEC;
}

static int read_required(Requirements *requirements, Cli *cli, Input *input)
{
    const Words *words = &cli->args.require;
    bool fine = true;
    for (int i = 0; i < words->count; i++) {
        const char *text = words->word[i], *name = mem_copy(cli->mem, "--require", strlen("--require"));
        JsonPlace place = {name, 1, 1, 0, (uint32_t)strlen(text)};
        diag_source(&input->diag, name, text, strlen(text));
        fine &= requirement_parse(&requirements->item[requirements->count++], cli->mem, input->spec, text, place,
                                  &input->diag);
    }
    return fine ? EXIT_DONE : EXIT_USAGE;
}

int requirements_read(Requirements *requirements, Cli *cli, Input *input)
{
    size_t most = (size_t)input->spec->expect_count + (size_t)cli->args.require.count;
    size_t warned = input->diag.count;
    memset(requirements, 0, sizeof *requirements);
    requirements->item = mem_get(cli->mem, mem_array(cli->mem, most + 1, sizeof *requirements->item));
    int expected = read_expected(requirements, cli, input);
    int required = read_required(requirements, cli, input);
    if (input->diag.count > warned || input->diag.errors > 0)
        say_diag(cli->mem, &input->diag);
    return expected ? expected : required;
}

void requirements_judge(const Requirements *requirements, Report *report, const Results *const by_server[])
{
    const Spec *spec = report->spec;
    bool *runs = mem_get(report->mem, mem_array(report->mem, (size_t)spec->server_count + 1, sizeof *runs));
    for (int i = 0; i < spec->server_count; i++)
        runs[i] = by_server[i] != NULL;
    report->verdicts =
        mem_get(report->mem, mem_array(report->mem, (size_t)requirements->count + 1, sizeof *report->verdicts));
    for (int i = 0; i < requirements->count; i++) {
        const Requirement *requirement = &requirements->item[i];
        if (requirement_runs(requirement, spec, runs))
            report->verdicts[report->verdict_count++] = requirement_judge(requirement, spec, by_server);
        else
            say_note(report->mem, "not judged, as a server of it was not run: %s", requirement->text);
    }
}

/* ---- which servers ---- */

static int find_server(const Spec *spec, const char *name)
{
    for (int i = 0; i < spec->server_count; i++)
        if (strcmp(spec->servers[i].name, name) == 0)
            return i;
    return -1;
}

static int wrong_server(Cli *cli, Input *input, const char *name)
{
    const Spec *spec = input->spec;
    const char **names = mem_get(cli->mem, mem_array(cli->mem, (size_t)spec->server_count + 1, sizeof *names));
    for (int i = 0; i < spec->server_count; i++)
        names[i] = spec->servers[i].name;
    say_error(cli->mem, diag_suggest(&input->diag, name, names, (size_t)spec->server_count),
              "--only: no server is called '%s'", name);
    return EXIT_USAGE;
}

int servers_choose(Cli *cli, Input *input, bool **wanted)
{
    const Words *only = &cli->args.only;
    const Spec *spec = input->spec;
    *wanted = mem_get(cli->mem, mem_array(cli->mem, (size_t)spec->server_count + 1, sizeof **wanted));
    for (int i = 0; i < spec->server_count; i++)
        (*wanted)[i] = only->count == 0;
    for (int i = 0; i < only->count; i++) {
        int server = find_server(spec, only->word[i]);
        if (server < 0)
            return wrong_server(cli, input, only->word[i]);
        (*wanted)[server] = true;
    }
    return EXIT_DONE;
}
