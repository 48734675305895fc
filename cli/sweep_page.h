/* sweep_page: the HTML report of a sweep in parts: the page with its tables (sweep_html.c), its charts
 * (sweep_charts.c), and what both read (sweep_page.c).
 *
 * A panel is one combination of the values that are not along the axis; where one thing is varied there is one panel.
 * Of many panels some are shown, evenly chosen, and the page says so. */
#ifndef CLI_SWEEP_PAGE_H
#define CLI_SWEEP_PAGE_H

#include "html.h"
#include "knee.h"
#include "sweep_table.h"

enum { PANELS_SHOWN = 9, CELLS_SHOWN = 600, VALUE_SHOWN = 24 };

typedef struct PageKnee {
    bool here; /* the line has all of its points */
    Knee throughput, p99;
} PageKnee;

typedef struct SweepPage {
    Html html;
    Report report; /* for the pieces of a page: memory and arguments */
    const Sweep *sweep;
    const SweepTable *table;
    int along;       /* the varied value of the axis */
    bool knees;      /* looked for along it */
    uint64_t stride; /* points from one value of it to the next */
    uint64_t panels;
    int shown;      /* so many of them */
    PageKnee *knee; /* by panel and server */
} SweepPage;

uint64_t page_panel(const SweepPage *page, int nth);        /* the nth that is shown */
uint64_t page_first(const SweepPage *page, uint64_t panel); /* its first point */
const SweepRow *page_row(const SweepPage *page, uint64_t panel, int server, int value);
const PageKnee *page_knee(const SweepPage *page, uint64_t panel, int server);
/* "machine.cores 4, servers.node.workers 8": the values of a panel; nothing where it is the only one. */
void page_others(Buf *buf, const SweepPage *page, uint64_t panel);

void page_charts(SweepPage *page);

#endif
