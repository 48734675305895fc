/* blame_table: what the reports show of who kept whom waiting: which causes have a column, and in which unit. */
#ifndef CLI_BLAME_TABLE_H
#define CLI_BLAME_TABLE_H

#include "text.h"

enum { BLAME_COLUMNS_MOST = 12 };

/* Causes by their place in the results, in their order: those for which most was waited over all servers. */
typedef struct BlameColumns {
    int place[BLAME_COLUMNS_MOST];
    int count; /* 0: nobody waited for anybody, or nobody kept account */
    bool more; /* others are left out */
    Scale scale;
} BlameColumns;

BlameColumns blame_columns(const Report *report, int most); /* most <= BLAME_COLUMNS_MOST */
/* What the handler waited for causes that have no column. */
Time blame_others(const Results *results, int handler, const BlameColumns *columns);

#endif
