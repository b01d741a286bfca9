/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds one program and all it leaves behind. Rules: the program leads a process group of its own; whatever it forks is adopted by us when it
 * dies (child subreaper), even if it left the group; we end when nothing of it is left; the socket to our owner is our life line. No GLib
 * main loop, no threads: this process is small (below 1 MB of its own) and there is one per session. */
#include "net/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"

#define LOOK_MS 1000  /* between two looks at the length of the log */
#define REPEAT_MS 100 /* between two rounds of SIGKILL, for what was forked or adopted meanwhile */

typedef struct {
  int owner;    /* socket to the worker, -1 when it is gone */
  int children; /* signalfd for SIGCHLD */
  pid_t leader; /* the program, 0 when it has ended */
  pid_t group;
  long long kill_at_ms; /* 0: not stopping */
  long long stop_ms;
  char last_words[64]; /* how the program ended; said when nothing of it is left */
} Supervisor;

static long long
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (long long) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
say (Supervisor *self, const char *line)
{
  if (self->owner >= 0 && send (self->owner, line, strlen (line), MSG_NOSIGNAL) < 0)
    self->kill_at_ms = now_ms (); /* nobody is left to be told: the poll below sees the same */
}

/* Sends @signal to the group, and to adopted children that left it. */
static void
signal_all (Supervisor *self, int signal)
{
  char path[64], pid[16];
  FILE *children;
  int length = 0, c;

  kill (-self->group, signal);
  snprintf (path, sizeof path, "/proc/self/task/%d/children", (int) getpid ());
  children = fopen (path, "re");
  if (children == NULL)
    return;
  while ((c = fgetc (children)) != EOF) {
    if (c != ' ' && length < (int) sizeof pid - 1) {
      pid[length++] = (char) c;
      continue;
    }
    pid[length] = '\0';
    length = 0;
    if (atoi (pid) > 1)
      kill (atoi (pid), signal);
  }
  fclose (children);
}

static void
begin_stop (Supervisor *self, long long stop_ms)
{
  long long kill_at = now_ms () + stop_ms;

  signal_all (self, SIGTERM);
  if (self->kill_at_ms == 0 || kill_at < self->kill_at_ms)
    self->kill_at_ms = kill_at;
}

/* Reaps all that has ended; returns whether any child is left. */
static int
reap (Supervisor *self)
{
  for (;;) {
    int status = 0;
    pid_t pid = waitpid (-1, &status, WNOHANG);

    if (pid == 0)
      return 1;
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid < 0)
      return 0;
    if (pid != self->leader)
      continue;
    self->leader = 0;
    if (WIFSIGNALED (status))
      snprintf (self->last_words, sizeof self->last_words, "signaled %d\n", WTERMSIG (status));
    else
      snprintf (self->last_words, sizeof self->last_words, "exited %d\n", WEXITSTATUS (status));
    /* What the program left behind has no business without it; what of that is adopted only later is killed by the repetition in watch(). */
    self->kill_at_ms = now_ms ();
  }
}

static void
read_owner (Supervisor *self)
{
  char order = 0;
  ssize_t got = recv (self->owner, &order, 1, MSG_DONTWAIT);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got <= 0) {
    close (self->owner);
    self->owner = -1;
    begin_stop (self, HN_LIMIT_ORPHAN_SECONDS * 1000);
  } else if (order == 'K') {
    begin_stop (self, 0);
  } else if (order == 'T') {
    begin_stop (self, self->stop_ms);
  }
}

/* The program's output goes to a file that we hold as well (opened to append): one that grows too long is started anew. */
static void
bound_output (void)
{
  static const char note[] = "… this log was too long and has been started anew\n";
  struct stat output;

  if (fstat (STDOUT_FILENO, &output) != 0 || !S_ISREG (output.st_mode) || output.st_size <= HN_LIMIT_LOG_BYTES)
    return;
  if (ftruncate (STDOUT_FILENO, 0) == 0 && write (STDOUT_FILENO, note, sizeof note - 1) < 0)
    return; /* the disk is full: the next look tries again */
}

static void
watch (Supervisor *self)
{
  while (reap (self)) {
    struct pollfd fds[2] = { { self->children, POLLIN, 0 }, { self->owner, POLLIN, 0 } };
    long long left = LOOK_MS;
    struct signalfd_siginfo ignored;

    bound_output ();
    if (self->kill_at_ms != 0 && self->kill_at_ms <= now_ms ()) {
      signal_all (self, SIGKILL);
      left = REPEAT_MS;
    } else if (self->kill_at_ms != 0 && self->kill_at_ms - now_ms () < left) {
      left = self->kill_at_ms - now_ms ();
    }
    if (poll (fds, self->owner >= 0 ? 2 : 1, (int) left) < 0 && errno != EINTR)
      abort ();
    if (fds[0].revents != 0 && read (self->children, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
      abort ();
    if (self->owner >= 0 && fds[1].revents != 0)
      read_owner (self);
  }
}

static void
become_program (char **argv, int failure)
{
  static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
  sigset_t none;
  int why;

  for (unsigned i = 0; i < sizeof ours / sizeof ours[0]; i++)
    signal (ours[i], SIG_DFL); /* an ignored signal would stay ignored across exec */
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  setpgid (0, 0);
  /* if the supervisor itself is killed, the program goes with it, and its own children lose their parent's pipe */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  execv (argv[0], argv);
  why = errno;
  if (write (failure, &why, sizeof why) < 0)
    _exit (126);
  _exit (127);
}

static int
start (Supervisor *self, char **argv)
{
  int failure[2], why = 0;
  char line[32];

  if (pipe2 (failure, O_CLOEXEC) != 0)
    return errno;
  self->leader = fork ();
  if (self->leader < 0)
    return errno;
  if (self->leader == 0)
    become_program (argv, failure[1]);
  setpgid (self->leader, self->leader); /* both sides, so that neither has to wait for the other */
  self->group = self->leader;
  close (failure[1]);
  if (read (failure[0], &why, sizeof why) != sizeof why)
    why = 0;
  close (failure[0]);
  snprintf (line, sizeof line, "pid %d\n", (int) self->leader);
  if (why == 0)
    say (self, line);
  return why;
}

int
hn_supervisor_main (int argc, char **argv)
{
  Supervisor self = { .owner = argc > 2 ? atoi (argv[0]) : -1, .stop_ms = argc > 2 ? atoll (argv[1]) : 0 };
  sigset_t watched;
  int why;

  if (self.owner < 3)
    return 64;
  /* A terminal's Ctrl-C and a service manager's SIGTERM are the worker's to handle: it tells us. */
  signal (SIGINT, SIG_IGN);
  signal (SIGTERM, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
  sigemptyset (&watched);
  sigaddset (&watched, SIGCHLD);
  sigprocmask (SIG_BLOCK, &watched, NULL);
  self.children = signalfd (-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  fcntl (self.owner, F_SETFD, FD_CLOEXEC);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  why = start (&self, argv + 2);
  if (why != 0)
    snprintf (self.last_words, sizeof self.last_words, "failed %d\n", why);
  watch (&self);
  if (why != 0)
    snprintf (self.last_words, sizeof self.last_words, "failed %d\n", why);
  say (&self, self.last_words);
  return 0;
}
