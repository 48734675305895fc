/* deaf: a sink that hears nothing, for a test that listens to a part of a trace: it sets what it wants to hear. */
#ifndef TESTS_DEAF_H
#define TESTS_DEAF_H

#include "../traces/sink.h"

extern const Sink deaf_sink;

#endif
