/* explain: a program's run, step by step, for people who learn how the loop works.
 *
 * A step is one stretch in which JavaScript runs: the main script, one callback of the loop, one tick, one microtask,
 * the listeners of an event of `process`. Each keeps where it stood (iteration, phase), what it printed, with the call
 * stack, and what stood in every queue when the stack was empty again. From two printed lines follows the rule that put
 * one before the other. */
#ifndef MODEL_NODE_EXPLAIN_H
#define MODEL_NODE_EXPLAIN_H

#include "../../sim/buf.h"
#include "../observe/probe.h"

typedef enum ExplainKind { EXPLAIN_MAIN, EXPLAIN_CALLBACK, EXPLAIN_TICK, EXPLAIN_MICROTASK, EXPLAIN_EVENT } ExplainKind;
typedef enum ExplainQueue {
    QUEUE_TICKS,
    QUEUE_MICROTASKS,
    QUEUE_TIMERS,
    QUEUE_IMMEDIATES,
    QUEUE_POOL,
    QUEUE_CLOSING,
    EXPLAIN_QUEUES
} ExplainQueue;
extern const char *const explain_queue_name[EXPLAIN_QUEUES];

typedef struct ExplainText {
    struct ExplainText *next;
    const char *text;
    size_t size;
    const char *stack; /* of a printed line: the functions on the call stack, the innermost first: "f, main" */
} ExplainText;

typedef struct ExplainTexts {
    ExplainText *first, **last;
    int count;
} ExplainTexts;

typedef struct ExplainStep ExplainStep;
struct ExplainStep {
    ExplainStep *next;
    int number; /* from 1 */
    ExplainKind kind;
    CallbackKind callback; /* EXPLAIN_CALLBACK */
    const char *name;      /* "setTimeout (line 12)", "then (line 4)", "uncaughtException" */
    uint64_t iteration;    /* 0: before the loop */
    int phase;             /* Phase; PHASES: outside the phases */
    int visit;  /* how often a phase had been entered by then: two steps of one phase of one iteration have the same */
    Time at;    /* when it was entered */
    Time ready; /* since when it could have run; TIME_NEVER: does not apply */
    Time list_ms;             /* timers: the duration of their list */
    Time slept;               /* how long poll had waited before it */
    const ExplainStep *after; /* ticks, microtasks, events: the callback whose end they run at; NULL: itself */
    ExplainTexts lines;
    ExplainTexts queue[EXPLAIN_QUEUES]; /* as it left them */
};

enum { EXPLAIN_MOST = 5000 };

typedef struct Explanation {
    Mem *mem;
    ExplainStep *first, **last, *open, *macro;
    int count, phase, visits;
    Time slept, slept_since;
    bool cut;    /* there were more than EXPLAIN_MOST steps: the run was ended */
    bool legacy; /* the order of libuv < 1.45 */
    struct Node *node;
    Watch watch;
} Explanation;

void explanation_init(Explanation *explanation, Mem *mem);
/* By process_run: it follows this one from now on. */
void explanation_begin(Explanation *explanation, struct Node *node);
void explanation_line(void *context, const char *text, size_t size); /* for ProcessOptions: a line is printed */

/* Which of the lines that read `text` exactly; NULL: none. */
const ExplainStep *explanation_find(const Explanation *explanation, const char *text, const ExplainText **line);

typedef struct ExplainWhy {
    const char *rule;    /* its name: "phase order", "ticks before microtasks" … */
    const char *because; /* the rule at work on these two, in sentences */
} ExplainWhy;

/* Why what the first of the two steps prints came before what the other prints; they may be the same one. */
ExplainWhy explanation_why(const Explanation *explanation, const ExplainStep *a, const ExplainStep *b);

#endif
