/* Loaded into the compiler by build.sh. A macro of the crate jni writes code in the order of a hash map, which Rust's
 * library has begin with random numbers: with the same ones every time, the same source gives the same code. Nothing
 * that the compiler does is secret. */
#include <string.h>
#include <sys/types.h>

ssize_t getrandom(void *numbers, size_t length, unsigned int flags)
{
    (void)flags;
    memset(numbers, 7, length);
    return (ssize_t)length;
}
