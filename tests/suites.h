/* Every suite of the tests, in the order in which they run: one line each, NAME of tests/test_NAME.c. */
SUITE(command)
SUITE(layers)
SUITE(base)
SUITE(mem)
SUITE(buf)
SUITE(digest)
SUITE(out)
SUITE(chrome)
