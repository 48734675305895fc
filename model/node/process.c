#include "process.h"

#include "../observe/probe.h"
#include "explain.h"
#include "node.h"

/* Small costs, so that time passes (semantics.md, 18): without them a program that spins until something arrives would
 * spin for ever. */
enum { MAIN_COST = 300000, ITERATION_COST = 4000, CALLBACK_COST = 2000, WORKER_WAKE = 30000, MODULE_READ = 120000 };

static const Text event_before_exit = {.size = 10, .bytes = "beforeExit"}, event_exit = {.size = 4, .bytes = "exit"};

static CoRet co_main(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    note_callback(loop->probe, &loop->thread, CALLBACK_MAIN, TIME_NEVER, NULL, "main");
    node->scope_depth++;
    frame_push(&node->vm, node->vm.shared->program->main, NULL, node->job, NULL, node->vm.shared->program->main->site,
               FRAME_BASE);
    node->vm.shared->globals = node->vm.top->env;
    CO_UNTIL(loop, co, node_run(node));
    if (node->vm.threw)
        CO_CALL(loop, co, co_uncaught, NULL, 0);
    node->scope_depth--;
    CO_CALL(loop, co, co_drain, NULL, 0);
    note_callback_end(loop->probe, &loop->thread);
    CO_CPU(loop, co, MAIN_COST);
    CO_END;
}

/* An ES module is read through the pool; its body runs as a microtask of that completion. */
static CoRet co_module_read(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    note_callback(loop->probe, &loop->thread, CALLBACK_MAIN, TIME_NEVER, NULL, "main");
    CO_CPU(loop, co, loop->costs->callback);
    job_hold(node->job);
    ring_push(&node->vm.micro, (Micro){.kind = MICRO_MODULE, .job = node->job});
    CO_CALL(loop, co, co_scope_end, NULL, 0);
    note_callback_end(loop->probe, &loop->thread);
    CO_END;
}

static bool awaits(const Func *func)
{
    for (uint32_t i = 0; i < func->size; i++)
        if (func->code[i].op == OP_AWAIT || func->code[i].op == OP_AWAIT_IO)
            return true;
    return false;
}

/* Node's loader hands an error of the module on through several promises before it reports it: so many microtasks after
 * the throw, one more where the module has an await of its own. */
enum { LOADER_HOPS = 3 };

void module_begin(Vm *vm)
{
    Node *node = vm->node;
    const Func *main = vm->shared->program->main;
    Frame *frame = frame_push(vm, main, NULL, node->job, NULL, main->site, FRAME_BASE);
    Reaction *reaction = heap_get(node->job, HEAP_REACTION, sizeof *reaction);
    vm->shared->globals = frame->env;
    frame->result = node->module = promise_new(node->job);
    *reaction = (Reaction){.kind = REACT_MODULE, .index = LOADER_HOPS + awaits(main)};
    promise_react(vm, frame->result, reaction);
}

static void read_module(Node *node)
{
    node->module_task =
        (Task){.kind = TASK_FS, .resource = -1, .time = MODULE_READ, .done = co_module_read, .name = "module"};
    threadpool_submit(node->loop.pool, &node->module_task);
}

/* An event of `process`, in a callback scope of its own. */
static CoRet co_emit(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Value code = value_number(node->exit_code);
    CO_BEGIN(co);
    CO_CPU(loop, co, loop->costs->callback);
    node->scope_depth++;
    code = value_number(node->exit_code);
    if (emitter_emit(&node->vm, node->process, co->p, node->job, NULL, FRAME_BASE, 1, &code)) {
        if (loop->probe->watch)
            loop->probe->watch->callback(loop->probe->watch->context, CALLBACK_PROCESS, TIME_NEVER,
                                         ((const Text *)co->p)->bytes);
        CO_UNTIL(loop, co, node_run(node));
    }
    node->scope_depth--;
    CO_CALL(loop, co, co_scope_end, NULL, 0);
    CO_END;
}

static CoRet co_process(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    if (node->vm.shared->program->main->is_async)
        read_module(node);
    else
        CO_CALL(loop, co, co_main, NULL, 0);
    do {
        CO_CALL(loop, co, co_uv_run, NULL, 0);
        if (!loop_alive(loop))
            CO_CALL(loop, co, co_emit, (void *)&event_before_exit, 0);
    } while (loop_alive(loop));
    node->exiting = true;
    CO_CALL(loop, co, co_emit, (void *)&event_exit, 0);
    if (node->module != NULL && node->module->state == PENDING && node->exit_code == 0)
        node->exit_code = 13; /* its listeners were told 0 */
    CO_END;
}

static void show_queues(Loop *loop)
{
    const Node *node = loop->owner;
    note_queues(loop->probe, node->timers.refs, node->immediates.count, node->ticks.count, node->vm.micro.count);
}

static World *program_world(Mem *mem, const Spec *spec, const Program *program, Probe *probe)
{
    World *world = mem_get(mem, sizeof *world);
    SpecMachine *machine = mem_get(mem, sizeof *machine);
    machine->profile = "program";
    machine->cores = spec->threads + 1; /* nobody waits for a core */
    machine->scheduler = SCHED_FIFO;
    machine->costs.callback = CALLBACK_COST;
    world->mem = mem;
    world->spec = spec;
    world->program = program;
    world->probe = probe;
    kernel_init(&world->kernel);
    probe_kernel(probe, &world->kernel);
    world->machine = machine_new(mem, &world->kernel, machine, probe);
    return world;
}

static const char *error_text(Node *node)
{
    Buf text;
    buf_init(&text, node->vm.shared->mem, SIZE_MAX / 4);
    value_text_of(&text, node->fatal);
    return buf_string(&text);
}

ProcessResult process_run(Mem *mem, const Spec *spec, const Program *program, Probe *probe,
                          const ProcessOptions *options)
{
    static const LoopHooks hooks = {.timers = co_run_node_timers,
                                    .check = co_check,
                                    .checks = node_checks,
                                    .program = co_process,
                                    .stops = show_queues};
    World *world = program_world(mem, spec, program, probe);
    VmShared *shared = mem_get(mem, sizeof *shared);
    Node *node = mem_get(mem, sizeof *node);
    vm_shared_init(shared, world);
    shared->print = options->print;
    shared->context = options->context;
    node_init(node, shared, hooks, 1);
    node->program = true;
    node->loop.legacy = spec->legacy_order;
    node->loop.iteration_cost = ITERATION_COST;
    node->job = job_new(&node->vm, NULL);
    node->job->collected = heap_new(mem);
    job_hold(node->job);
    node->process = emitter_new(node->job);
    node->loop.pool = threadpool_new(&node->loop, (int)spec->threads, WORKER_WAKE);
    stats_open(probe->stats, world->machine, 0);
    if (options->explanation != NULL)
        explanation_begin(options->explanation, node);
    loop_start(&node->loop);
    KernelEnd end = kernel_run(&world->kernel, TIME_MAX_RUN, options->max_events, options->stop);
    stats_close(probe->stats, world->machine, world->kernel.now);
    bool ended = node->loop.over && !probe->leave;
    if (options->stop != NULL && *options->stop && !node->loop.over)
        end = KERNEL_INTERRUPTED;
    else if (probe->leave)
        end = probe->spinning ? KERNEL_STOPPED : KERNEL_INTERRUPTED;
    return (ProcessResult){.exit_code = node->exit_code,
                           .died = node->died,
                           .error = node->died ? error_text(node) : NULL,
                           .unsettled = node->module != NULL && node->module->state == PENDING && node->exit_code == 13,
                           .end = ended ? KERNEL_DRAINED : end,
                           .waits = !ended && end == KERNEL_DRAINED,
                           .now = world->kernel.now,
                           .iterations = node->loop.iterations};
}
