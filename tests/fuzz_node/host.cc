// host: operations of a known duration for the programs that the fuzzer runs on a real Node, each delivered the way in which
// Node delivers its own: a task of libuv's pool, a descriptor in epoll, a handle that closes; then node::MakeCallback.
#include <node.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace {
using v8::Function;
using v8::FunctionCallbackInfo;
using v8::Global;
using v8::HandleScope;
using v8::Isolate;
using v8::Local;
using v8::Number;
using v8::Object;
using v8::Value;
using Args = FunctionCallbackInfo<Value>;

struct Call {
    Isolate *isolate;
    Global<Function> function;

    void set(const Args &args, int at)
    {
        isolate = args.GetIsolate();
        function.Reset();
        if (args.Length() > at && args[at]->IsFunction())
            function.Reset(isolate, args[at].As<Function>());
    }
    void make()
    {
        if (function.IsEmpty())
            return;
        HandleScope scope(isolate);
        Local<Function> callee = function.Get(isolate);
        v8::Context::Scope context(callee->GetCreationContext().ToLocalChecked());
        (void)node::MakeCallback(isolate, Object::New(isolate), callee, 0, nullptr, node::async_context{0, 0});
    }
};

double number(const Args &args, int at)
{
    return args[at].As<Number>()->Value();
}

timespec span(double ms)
{
    timespec time;
    time.tv_sec = static_cast<time_t>(ms / 1000);
    time.tv_nsec = static_cast<long>((ms - 1000.0 * static_cast<double>(time.tv_sec)) * 1e6);
    return time;
}

void pass(double ms)
{
    timespec time = span(ms);
    while (nanosleep(&time, &time) != 0) {
    }
}

uv_loop_t *loop_of(const Args &args)
{
    return node::GetCurrentEventLoop(args.GetIsolate());
}

// spin(ms): CPU time of this thread, without JavaScript.
void spin(const Args &args)
{
    uint64_t until = uv_hrtime() + static_cast<uint64_t>(number(args, 0) * 1e6);
    while (uv_hrtime() < until) {
    }
}

// task(ms, function): one worker is held for ms.
struct Task {
    uv_work_t work;
    double ms;
    Call call;
};

void task(const Args &args)
{
    Task *task = new Task;
    task->work.data = task;
    task->ms = number(args, 0);
    task->call.set(args, 1);
    uv_queue_work(
        loop_of(args), &task->work, [](uv_work_t *work) { pass(static_cast<Task *>(work->data)->ms); },
        [](uv_work_t *work, int) {
            Task *task = static_cast<Task *>(work->data);
            task->call.make();
            delete task;
        });
}

// lookup(ms, function): what dns.lookup asks of the pool (lookup.c makes it take ms).
struct Lookup {
    uv_getaddrinfo_t request;
    Call call;
};

void lookup(const Args &args)
{
    Lookup *lookup = new Lookup;
    lookup->request.data = lookup;
    lookup->call.set(args, 1);
    std::string name = "wait-" + std::to_string(number(args, 0));
    uv_getaddrinfo(
        loop_of(args), &lookup->request,
        [](uv_getaddrinfo_t *request, int, addrinfo *found) {
            Lookup *lookup = static_cast<Lookup *>(request->data);
            uv_freeaddrinfo(found);
            lookup->call.make();
            delete lookup;
        },
        name.c_str(), nullptr, nullptr);
}

// Handles, known to JavaScript by number: descriptors that become readable, and idle ones.
struct Watched {
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_async_t async;
    };
    int number, fd = -1;
    bool closing = false;
    Call call, closed;
};
std::unordered_map<int, Watched *> watched;
int last_number;

Watched *watched_new()
{
    Watched *one = new Watched;
    one->number = ++last_number;
    watched[one->number] = one;
    return one;
}

Watched *find(const Args &args)
{
    auto at = watched.find(static_cast<int>(number(args, 0)));
    return at == watched.end() ? nullptr : at->second;
}

void close_watched(Watched *one)
{
    one->closing = true;
    uv_close(&one->handle, [](uv_handle_t *handle) {
        Watched *one = static_cast<Watched *>(handle->data);
        one->closed.make();
        watched.erase(one->number);
        if (one->fd >= 0)
            close(one->fd);
        delete one;
    });
}

void arm(int fd, double ms)
{
    itimerspec when = {};
    when.it_value = span(ms);
    if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0)
        when.it_value.tv_nsec = 1;
    timerfd_settime(fd, 0, &when, nullptr);
}

Watched *descriptor(const Args &args)
{
    Watched *one = watched_new();
    one->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    uv_poll_init(loop_of(args), &one->poll, one->fd);
    one->handle.data = one;
    args.GetReturnValue().Set(one->number);
    return one;
}

// readable(ms, function) → number: a fresh descriptor, one event, then it is closed.
void readable(const Args &args)
{
    Watched *one = descriptor(args);
    one->call.set(args, 1);
    arm(one->fd, number(args, 0));
    uv_poll_start(&one->poll, UV_READABLE, [](uv_poll_t *poll, int, int) {
        Watched *one = static_cast<Watched *>(poll->data);
        uv_poll_stop(poll);
        close_watched(one);
        one->call.make();
    });
}

// line() → number: a descriptor that stays registered; request(line, ms, function): one answer on it.
void line(const Args &args)
{
    Watched *one = descriptor(args);
    uv_unref(&one->handle);
    uv_poll_start(&one->poll, UV_READABLE, [](uv_poll_t *poll, int, int) {
        Watched *one = static_cast<Watched *>(poll->data);
        uint64_t expirations;
        if (read(one->fd, &expirations, sizeof expirations) != sizeof expirations)
            return;
        uv_unref(&one->handle);
        one->call.make();
    });
}

void request(const Args &args)
{
    Watched *one = find(args);
    one->call.set(args, 2);
    arm(one->fd, number(args, 1));
    uv_ref(&one->handle);
}

// hold() → number: an active handle that does nothing.
void hold(const Args &args)
{
    Watched *one = watched_new();
    uv_async_init(loop_of(args), &one->async, nullptr);
    one->handle.data = one;
    args.GetReturnValue().Set(one->number);
}

// drop(number, function): uv_close.
void drop(const Args &args)
{
    Watched *one = find(args);
    if (one == nullptr || one->closing)
        return;
    one->closed.set(args, 1);
    close_watched(one);
}

// keep(number, whether it keeps the loop alive)
void keep(const Args &args)
{
    Watched *one = find(args);
    if (one == nullptr)
        return;
    if (args[1]->IsTrue())
        uv_ref(&one->handle);
    else
        uv_unref(&one->handle);
}

// clients(path, [ms…]): at each time one connects to the UNIX socket and sends a byte.
struct Clients {
    std::string path;
    std::vector<double> at;
};

void *play_clients(void *argument)
{
    Clients *clients = static_cast<Clients *>(argument);
    double now = 0;
    for (double at : clients->at) {
        if (at > now)
            pass(at - now);
        now = at > now ? at : now;
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        strncpy(address.sun_path, clients->path.c_str(), sizeof address.sun_path - 1);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 && write(fd, "x", 1) != 1)
            close(fd);
    }
    return nullptr;
}

void clients(const Args &args)
{
    Clients *clients = new Clients;
    Isolate *isolate = args.GetIsolate();
    clients->path = *v8::String::Utf8Value(isolate, args[0]);
    Local<v8::Array> times = args[1].As<v8::Array>();
    for (uint32_t i = 0; i < times->Length(); i++)
        clients->at.push_back(
            times->Get(isolate->GetCurrentContext(), i).ToLocalChecked().As<Number>()->Value());
    pthread_t thread;
    pthread_create(&thread, nullptr, play_clients, clients);
    pthread_detach(thread);
}

void init(Local<Object> exports)
{
    NODE_SET_METHOD(exports, "spin", spin);
    NODE_SET_METHOD(exports, "task", task);
    NODE_SET_METHOD(exports, "lookup", lookup);
    NODE_SET_METHOD(exports, "readable", readable);
    NODE_SET_METHOD(exports, "line", line);
    NODE_SET_METHOD(exports, "request", request);
    NODE_SET_METHOD(exports, "hold", hold);
    NODE_SET_METHOD(exports, "drop", drop);
    NODE_SET_METHOD(exports, "keep", keep);
    NODE_SET_METHOD(exports, "clients", clients);
}
} // namespace
NODE_MODULE(host, init)
