/* JUnit XML, as CI systems read it: a test case a requirement; one of its own says how each server's run ended. Times
 * are left out: the report is the same on every machine. */
#include "escape.h"
#include "report.h"
#include "text.h"

#include <string.h>

enum { LINE_MOST = 1 << 27 };

static void put_attribute(Buf *buf, const char *name, const char *value)
{
    buf_f(buf, " %s=\"", name);
    escape_markup(buf, value);
    buf_char(buf, '"');
}

static bool was_cut(const Results *results)
{
    return report_cut(results) != NULL;
}

static void put_run(Buf *buf, const Report *report, const Results *results)
{
    Buf name;
    buf_init(&name, report->mem, LINE_MOST);
    buf_f(&name, "%s runs to its end", results->name);
    buf_text(buf, "    <testcase");
    put_attribute(buf, "classname", report->spec->name);
    put_attribute(buf, "name", buf_string(&name));
    put_attribute(buf, "file", report->path);
    if (was_cut(results)) {
        buf_text(buf, ">\n      <error");
        put_attribute(buf, "message", report_cut(results));
        buf_text(buf, "/>\n    </testcase>\n");
    } else {
        buf_text(buf, "/>\n");
    }
}

static void put_verdict(Buf *buf, const Report *report, const Verdict *verdict)
{
    Buf message;
    buf_text(buf, "    <testcase");
    put_attribute(buf, "classname", report->spec->name);
    put_attribute(buf, "name", verdict->text);
    if (strcmp(verdict->place.file, "--require") != 0) {
        put_attribute(buf, "file", verdict->place.file);
        buf_f(buf, " line=\"%u\"", (unsigned)verdict->place.line);
    }
    if (verdict->met) {
        buf_text(buf, "/>\n");
        return;
    }
    buf_init(&message, report->mem, LINE_MOST);
    report_verdict(&message, report, verdict);
    buf_text(buf, ">\n      <failure type=\"requirement\"");
    put_attribute(buf, "message", buf_string(&message));
    buf_text(buf, "/>\n    </testcase>\n");
}

void report_junit(Buf *buf, const Report *report)
{
    unsigned failures = 0, errors = 0;
    Buf repro;
    for (int i = 0; i < report->verdict_count; i++)
        failures += !report->verdicts[i].met;
    for (int i = 0; i < report->count; i++)
        errors += was_cut(report->results[i]);
    unsigned tests = (unsigned)(report->verdict_count + report->count);
    buf_init(&repro, report->mem, LINE_MOST);
    report_repro(&repro, report);
    buf_f(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%u\" failures=\"%u\" errors=\"%u\">\n",
          tests, failures, errors);
    buf_text(buf, "  <testsuite");
    put_attribute(buf, "name", report->spec->name);
    buf_f(buf, " tests=\"%u\" failures=\"%u\" errors=\"%u\">\n    <properties>\n      <property name=\"repro\"", tests,
          failures, errors);
    put_attribute(buf, "value", buf_string(&repro));
    buf_text(buf, "/>\n    </properties>\n");
    for (int i = 0; i < report->count; i++)
        put_run(buf, report, report->results[i]);
    for (int i = 0; i < report->verdict_count; i++)
        put_verdict(buf, report, &report->verdicts[i]);
    buf_text(buf, "  </testsuite>\n</testsuites>\n");
}
