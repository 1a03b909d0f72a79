// SPDX-License-Identifier: Apache-2.0
// prctl(2): what threads and processes say of themselves, and who looks after whom.
#include "testing/syscall/signals.h"
#include <linux/prctl.h>
#include <pthread.h>

#define control(...) call(SYS_prctl, __VA_ARGS__)

// One that is no more than a number.
static long get(int option) { return control(option, 0, 0, 0, 0); }

// One that writes an int.
static int got(int option)
{
    int value = -1;
    CHECK_EQ(control(option, &value, 0, 0, 0), 0);
    return value;
}

// ---- names -------------------------------------------------------------------------------------

static bool is_called(const char *name)
{
    char now[17];
    memset(now, 'x', sizeof(now));
    CHECK_EQ(control(PR_GET_NAME, now), 0);
    CHECK_EQ(now[16], 'x');
    return strcmp(now, name) == 0;
}

static void has_name(void)
{
    CHECK(is_called("somebody"));
    CHECK_EQ(control(PR_SET_NAME, "child"), 0);
}

static void *other_thread(void *)
{
    CHECK(is_called("somebody"));
    CHECK_EQ(control(PR_SET_NAME, "other"), 0);
    CHECK(is_called("other"));
    return nullptr;
}

CASE(prctl, "PR_SET_NAME: a thread's own, which those begin with that it makes")
{
    CHECK(!is_called(""));
    CHECK_EQ(control(PR_SET_NAME, "somebody"), 0);
    CHECK(is_called("somebody"));
    CHECK_EQ(in_child(has_name), 0);
    pthread_t t;
    CHECK_EQ(pthread_create(&t, nullptr, other_thread, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK(is_called("somebody"));
}

CASE(prctl, "PR_SET_NAME: fifteen bytes, and none behind them is read")
{
    char *page = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(call(SYS_munmap, page + 4096, 4096), 0);
    CHECK_EQ(control(PR_SET_NAME, "0123456789abcdef"), 0);
    CHECK(is_called("0123456789abcde"));
    memcpy(page + 4096 - 3, "ab", 3);
    CHECK_EQ(control(PR_SET_NAME, page + 4096 - 3), 0);
    CHECK(is_called("ab"));
    page[4095] = 'c';
    CHECK_EQ(control(PR_SET_NAME, page + 4096 - 3), -EFAULT);
    memset(page, 'z', 4096);
    CHECK_EQ(control(PR_SET_NAME, page + 4096 - 15), 0);
    CHECK(is_called("zzzzzzzzzzzzzzz"));
    CHECK_EQ(control(PR_SET_NAME, ""), 0);
    CHECK(is_called(""));
    CHECK_EQ(control(PR_SET_NAME, nowhere), -EFAULT);
    CHECK_EQ(control(PR_GET_NAME, nowhere), -EFAULT);
    CHECK_EQ(control(PR_SET_NAME, "prctl"), 0);
}

// ---- whose maker ends --------------------------------------------------------------------------

// A word for each that children write, since they share it.
static volatile int *board(void)
{
    static volatile int *words;
    if (words == nullptr)
        words = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return words;
}

static void rest(int ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1'000'000};
    nanosleep(&time, nullptr);
}

static void wait_for(volatile int *word, int value)
{
    for (int i = 0; i < 5000 && *word != value; i++)
        rest(1);
    CHECK_EQ(*word, value);
}

static void asks_for_nothing(void) { CHECK_EQ(got(PR_GET_PDEATHSIG), 0); }

CASE(prctl, "PR_SET_PDEATHSIG: is told, and no child's")
{
    CHECK_EQ(got(PR_GET_PDEATHSIG), 0);
    CHECK_EQ(control(PR_SET_PDEATHSIG, 64), 0);
    CHECK_EQ(got(PR_GET_PDEATHSIG), 64);
    CHECK_EQ(in_child(asks_for_nothing), 0);
    CHECK_EQ(control(PR_SET_PDEATHSIG, 65), -EINVAL);
    CHECK_EQ(control(PR_SET_PDEATHSIG, -1), -EINVAL);
    CHECK_EQ(control(PR_GET_PDEATHSIG, nowhere), -EFAULT);
    CHECK_EQ(control(PR_SET_PDEATHSIG, 0), 0);
    CHECK_EQ(got(PR_GET_PDEATHSIG), 0);
}

// The child of one that ends.
static void wait_for_death(volatile int *words, int parent)
{
    siginfo_t i;
    uint64_t set = bit(SIGUSR1);
    mask(SIG_BLOCK, set);
    CHECK_EQ(control(PR_SET_PDEATHSIG, SIGUSR1), 0);
    words[0] = 1;
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set, &i, nullptr, 8), SIGUSR1);
    CHECK_EQ(i.si_code, SI_USER);
    CHECK_EQ(i.si_pid, parent);
    CHECK(call(SYS_getppid) != parent);
    words[1] = 1;
    call(SYS_exit_group, 0);
}

static void leave_child(void)
{
    volatile int *words = board();
    int parent = getpid();
    words[0] = words[1] = 0;
    if (call(SYS_fork) == 0)
        wait_for_death(words, parent);
    wait_for(&words[0], 1);
    CHECK_EQ(words[1], 0);
}

CASE(prctl, "PR_SET_PDEATHSIG: comes when the parent ends")
{
    volatile int *words = board();
    CHECK_EQ(in_child(leave_child), 0);
    wait_for(&words[1], 1);
}

// A process made by a thread that ends while its process goes on.
static void *make_and_end(void *arg)
{
    volatile int *words = board();
    siginfo_t i;
    uint64_t set = bit(SIGUSR1);
    int parent = getpid();
    if (call(SYS_fork) == 0) {
        mask(SIG_BLOCK, set);
        CHECK_EQ(control(PR_SET_PDEATHSIG, SIGUSR1), 0);
        words[0] = 1;
        CHECK_EQ(call(SYS_rt_sigtimedwait, &set, &i, nullptr, 8), SIGUSR1);
        CHECK_EQ(i.si_pid, parent);
        CHECK_EQ(call(SYS_getppid), parent);
        call(SYS_exit_group, 0);
    }
    wait_for(&words[0], 1);
    return arg;
}

CASE(prctl, "PR_SET_PDEATHSIG: the parent is the thread that has made it")
{
    pthread_t t;
    int status = -1;
    board()[0] = 0;
    CHECK_EQ(pthread_create(&t, nullptr, make_and_end, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK(call(SYS_wait4, -1, &status, 0, nullptr) > 0);
    CHECK_EQ(status, 0);
}

static void asks_no_child(void) { CHECK_EQ(got(PR_GET_CHILD_SUBREAPER), 0); }

// Leaves a grandchild behind, which says whose child it is then.
static void orphan(void)
{
    volatile int *words = board();
    int parent = getpid();
    words[0] = words[1] = 0;
    if (call(SYS_fork) == 0) {
        for (int i = 0; i < 5000 && call(SYS_getppid) == parent; i++)
            rest(1);
        words[1] = (int)call(SYS_getppid);
        call(SYS_exit_group, 7);
    }
}

static void reap(void)
{
    volatile int *words = board();
    int status = -1;
    CHECK_EQ(control(PR_SET_CHILD_SUBREAPER, 2), 0);
    CHECK_EQ(got(PR_GET_CHILD_SUBREAPER), 1);
    CHECK_EQ(in_child(asks_no_child), 0);
    CHECK_EQ(in_child(orphan), 0);
    CHECK(call(SYS_wait4, -1, &status, 0, nullptr) > 0);
    CHECK_EQ(status, 7 << 8);
    CHECK_EQ(words[1], getpid());
    CHECK_EQ(call(SYS_wait4, -1, &status, 0, nullptr), -ECHILD);
}

// An ancestor beyond a parent that is none.
static void pass_on(void)
{
    CHECK_EQ(in_child(orphan), 0);
    CHECK_EQ(call(SYS_wait4, -1, nullptr, 0, nullptr), -ECHILD);
}

static void reap_further(void)
{
    int status = -1;
    CHECK_EQ(control(PR_SET_CHILD_SUBREAPER, 1), 0);
    CHECK_EQ(in_child(pass_on), 0);
    CHECK(call(SYS_wait4, -1, &status, 0, nullptr) > 0);
    CHECK_EQ(status, 7 << 8);
    CHECK_EQ(board()[1], getpid());
    // And no more.
    CHECK_EQ(control(PR_SET_CHILD_SUBREAPER, 0), 0);
    CHECK_EQ(got(PR_GET_CHILD_SUBREAPER), 0);
}

CASE(prctl, "PR_SET_CHILD_SUBREAPER: orphans below become children")
{
    board();
    CHECK_EQ(in_child(reap), 0);
    CHECK_EQ(in_child(reap_further), 0);
    CHECK_EQ(control(PR_GET_CHILD_SUBREAPER, nowhere), -EFAULT);
}

CASE(prctl, "PR_GET_TID_ADDRESS")
{
    uint64_t at = 0;
    int word = 0;
    CHECK_EQ(in_child(asks_for_nothing), 0);
    long result = control(PR_GET_TID_ADDRESS, &at);
    CHECK(result == 0 || result == -EINVAL); // a kernel without it
    if (result != 0)
        return;
    uint64_t before = at;
    CHECK_EQ(call(SYS_set_tid_address, &word), call(SYS_gettid));
    CHECK_EQ(control(PR_GET_TID_ADDRESS, &at), 0);
    CHECK_EQ(at, (long)&word);
    CHECK_EQ(call(SYS_set_tid_address, before), call(SYS_gettid));
    CHECK_EQ(control(PR_GET_TID_ADDRESS, nowhere), -EFAULT);
}

// ---- memory ------------------------------------------------------------------------------------

static void not_dumpable(void) { CHECK_EQ(get(PR_GET_DUMPABLE), 0); }

static void change_dumpable(void)
{
    CHECK_EQ(control(PR_SET_DUMPABLE, 0), 0);
    CHECK_EQ(get(PR_GET_DUMPABLE), 0);
    CHECK_EQ(in_child(not_dumpable), 0);
    CHECK_EQ(control(PR_SET_DUMPABLE, 2), -EINVAL);
    CHECK_EQ(control(PR_SET_DUMPABLE, -1), -EINVAL);
    CHECK_EQ(control(PR_SET_DUMPABLE, 1), 0);
    CHECK_EQ(get(PR_GET_DUMPABLE), 1);
}

CASE(prctl, "PR_SET_DUMPABLE: inherited") { CHECK_EQ(in_child(change_dumpable), 0); }

static void small_pages(void) { CHECK_EQ(get(PR_GET_THP_DISABLE), 1); }

static void change_pages(void)
{
    long result = control(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    CHECK_EQ(result, 0);
    CHECK_EQ(get(PR_GET_THP_DISABLE), 1);
    CHECK_EQ(in_child(small_pages), 0);
    CHECK_EQ(control(PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
    CHECK_EQ(get(PR_GET_THP_DISABLE), 0);
    CHECK_EQ(control(PR_SET_THP_DISABLE, 1, 0, 0, 1), -EINVAL);
    CHECK_EQ(control(PR_SET_THP_DISABLE, 1, 0, 1, 0), -EINVAL);
    CHECK_EQ(control(PR_GET_THP_DISABLE, 1, 0, 0, 0), -EINVAL);
    CHECK_EQ(control(PR_GET_THP_DISABLE, 0, 0, 0, 1), -EINVAL);
}

CASE(prctl, "PR_SET_THP_DISABLE: inherited") { CHECK_EQ(in_child(change_pages), 0); }

static void early(void)
{
    CHECK_EQ(get(PR_MCE_KILL_GET), PR_MCE_KILL_EARLY);
    CHECK_EQ(control(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0), 0);
}

static void change_memory_errors(void)
{
    CHECK_EQ(control(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0), 0);
    CHECK_EQ(get(PR_MCE_KILL_GET), PR_MCE_KILL_EARLY);
    CHECK_EQ(in_child(early), 0);
    CHECK_EQ(control(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0), 0);
    CHECK_EQ(get(PR_MCE_KILL_GET), PR_MCE_KILL_LATE);
    CHECK_EQ(control(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0), 0);
    CHECK_EQ(get(PR_MCE_KILL_GET), PR_MCE_KILL_DEFAULT);
    CHECK_EQ(control(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 1, 0, 0), -EINVAL);
    CHECK_EQ(control(PR_MCE_KILL, PR_MCE_KILL_SET, 3, 0, 0), -EINVAL);
    CHECK_EQ(control(PR_MCE_KILL, 2, 0, 0, 0), -EINVAL);
    CHECK_EQ(control(PR_MCE_KILL, PR_MCE_KILL_SET, 0, 0, 1), -EINVAL);
    CHECK_EQ(control(PR_MCE_KILL_GET, 0, 0, 0, 1), -EINVAL);
}

CASE(prctl, "PR_MCE_KILL: inherited")
{
    CHECK_EQ(get(PR_MCE_KILL_GET), PR_MCE_KILL_DEFAULT);
    CHECK_EQ(in_child(change_memory_errors), 0);
}

// ---- time --------------------------------------------------------------------------------------

static void inherits_slack(void)
{
    CHECK_EQ(get(PR_GET_TIMERSLACK), 1234);
    CHECK_EQ(control(PR_SET_TIMERSLACK, 5), 0);
    CHECK_EQ(get(PR_GET_TIMERSLACK), 5);
    CHECK_EQ(control(PR_SET_TIMERSLACK, 0), 0);
    CHECK_EQ(get(PR_GET_TIMERSLACK), 1234);
}

CASE(prctl, "PR_SET_TIMERSLACK: a child's usual one is what its maker has")
{
    long usual = get(PR_GET_TIMERSLACK);
    CHECK(usual > 0);
    CHECK_EQ(control(PR_SET_TIMERSLACK, 1234), 0);
    CHECK_EQ(get(PR_GET_TIMERSLACK), 1234);
    CHECK_EQ(in_child(inherits_slack), 0);
    CHECK_EQ(control(PR_SET_TIMERSLACK, 0), 0);
    CHECK_EQ(get(PR_GET_TIMERSLACK), usual);
}

CASE(prctl, "PR_SET_TIMING, PR_GET_TSC")
{
    CHECK_EQ(get(PR_GET_TIMING), PR_TIMING_STATISTICAL);
    CHECK_EQ(control(PR_SET_TIMING, PR_TIMING_STATISTICAL), 0);
    CHECK_EQ(control(PR_SET_TIMING, PR_TIMING_TIMESTAMP), -EINVAL);
    CHECK_EQ(got(PR_GET_TSC), PR_TSC_ENABLE);
    CHECK_EQ(control(PR_SET_TSC, PR_TSC_ENABLE), 0);
    CHECK_EQ(control(PR_SET_TSC, 3), -EINVAL);
    CHECK_EQ(control(PR_GET_TSC, nowhere), -EFAULT);
}

// ---- privileges --------------------------------------------------------------------------------

static void no_more(void) { CHECK_EQ(get(PR_GET_NO_NEW_PRIVS), 1); }

static void give_up(void)
{
    CHECK_EQ(control(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_EQ(get(PR_GET_NO_NEW_PRIVS), 1);
    CHECK_EQ(in_child(no_more), 0);
    CHECK_EQ(control(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), -EINVAL);
    CHECK_EQ(get(PR_GET_NO_NEW_PRIVS), 1);
}

CASE(prctl, "PR_SET_NO_NEW_PRIVS: inherited, and for ever")
{
    long before = get(PR_GET_NO_NEW_PRIVS);
    CHECK(before == 0 || before == 1);
    CHECK_EQ(in_child(give_up), 0);
    CHECK_EQ(get(PR_GET_NO_NEW_PRIVS), before);
    CHECK_EQ(control(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), -EINVAL);
    CHECK_EQ(control(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0), -EINVAL);
    CHECK_EQ(control(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), -EINVAL);
}

CASE(prctl, "what this machine does not have, and what nobody has")
{
    static const int none[] = {PR_GET_UNALIGN,
                               PR_SET_UNALIGN,
                               PR_GET_FPEMU,
                               PR_SET_FPEMU,
                               PR_GET_FPEXC,
                               PR_SET_FPEXC,
                               PR_GET_ENDIAN,
                               PR_SET_ENDIAN,
                               PR_SET_FP_MODE,
                               PR_GET_FP_MODE,
                               PR_SVE_SET_VL,
                               PR_SVE_GET_VL,
                               0,
                               17,
                               -1,
                               12345};
    int value;
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CHECK_EQ(control(none[i], &value, 0, 0, 0), -EINVAL);
}
