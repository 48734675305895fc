#include "account.h"

const char *const part_name[PARTS] = {
    [PART_NETWORK] = "network",       [PART_ACCEPT_WAIT] = "accept_wait",
    [PART_READY_WAIT] = "ready_wait", [PART_CPU] = "cpu",
    [PART_PREEMPTED] = "preempted",   [PART_OVERHEAD] = "overhead",
    [PART_POOL_WAIT] = "pool_wait",   [PART_RESOURCE_WAIT] = "resource_wait",
    [PART_RESOURCE] = "resource",     [PART_SLEEP] = "sleep",
    [PART_LOCK_WAIT] = "lock_wait",   [PART_OTHER] = "other",
};
