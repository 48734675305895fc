/* Points, panels and rows of a sweep's page. */
#include "sweep_page.h"

uint64_t page_panel(const SweepPage *page, int nth)
{
    return (uint64_t)nth * page->panels / (uint64_t)page->shown;
}

uint64_t page_first(const SweepPage *page, uint64_t panel)
{
    uint64_t count = (uint64_t)page->sweep->vary[page->along].count;
    return panel / page->stride * page->stride * count + panel % page->stride;
}

const SweepRow *page_row(const SweepPage *page, uint64_t panel, int server, int value)
{
    uint64_t point = page_first(page, panel) + (uint64_t)value * page->stride;
    return &page->table->row[point * (uint64_t)page->table->servers + (uint64_t)server];
}

const PageKnee *page_knee(const SweepPage *page, uint64_t panel, int server)
{
    return &page->knee[panel * (uint64_t)page->table->servers + (uint64_t)server];
}

void page_others(Buf *buf, const SweepPage *page, uint64_t panel)
{
    const Sweep *sweep = page->sweep;
    uint64_t first = page_first(page, panel);
    bool any = false;
    for (int i = 0; i < sweep->vary_count; i++) {
        if (i == page->along)
            continue;
        buf_f(buf, "%s%s %s", any ? ", " : "", sweep->vary[i].path, sweep->vary[i].value[sweep_index(sweep, first, i)]);
        any = true;
    }
}
