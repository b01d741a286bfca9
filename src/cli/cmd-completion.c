/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `hydraneckwebrtc completion bash`: from the table of commands, so that it cannot know less than they do. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/cmd.h"

static const struct {
  const char *name;
  const char *arguments;
  const char *what;
} commands[] = {
#define COMMAND(name, function, arguments, what) { name, arguments, what },
#include "cli/commands.h"
#undef COMMAND
};

/* Ids of what runs are asked for, quietly; the rest is words. */
static const char head[] = "# bash completion for hydraneckwebrtc; made by `hydraneckwebrtc completion bash`\n"
                           "_hydraneckwebrtc() {\n"
                           "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=\n"
                           "  COMPREPLY=()\n"
                           "  case $before in\n"
                           "    --config | -c | --token-file | --sunshine-pass-file | --env-file) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
                           "    --output | -o) COMPREPLY=($(compgen -W 'table json yaml name' -- \"$word\")); return ;;\n"
                           "    --log-level) COMPREPLY=($(compgen -W 'debug info warning error' -- \"$word\")); return ;;\n"
                           "    --role) COMPREPLY=($(compgen -W 'controller worker rooms mesh' -- \"$word\")); return ;;\n"
                           "  esac\n";

static const char names_head[] = "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '";
static const char names_tail[] = "--help --version' -- \"$word\"))\n    return\n  fi\n  case $command in\n";

static const char tail[] = "  esac\n"
                           "  if [[ $word != -* ]]; then\n"
                           "    case $command:$COMP_CWORD:$before in\n"
                           "      get:2:*) words='workers sessions' ;;\n"
                           "      describe:2:*) words='worker session' ;;\n"
                           "      completion:2:*) words=bash ;;\n"
                           "      describe:*:worker* | drain:*) words=$(hydraneckwebrtc get workers -o name 2>/dev/null </dev/null) ;;\n"
                           "      describe:*:session* | delete:* | explain:* | logs:*) words=$(hydraneckwebrtc get sessions -o name 2>/dev/null </dev/null) ;;\n"
                           "    esac\n"
                           "  fi\n"
                           "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                           "}\n"
                           "complete -F _hydraneckwebrtc hydraneckwebrtc\n";

/* `[--config FILE] ID` has one option. */
static void
print_options (const char *arguments)
{
  for (const char *at = strstr (arguments, "--"); at != NULL; at = strstr (at + 1, "--")) {
    gsize length = strspn (at, "-abcdefghijklmnopqrstuvwxyz0123456789");

    printf (" %.*s", (int) length, at);
    at += length - 1;
  }
}

int
hn_cmd_completion (int argc, char **argv)
{
  if (argc != 1 || !g_str_equal (argv[0], "bash")) {
    gboolean asked = argc == 1 && g_str_equal (argv[0], "--help");

    fprintf (asked ? stdout : stderr, "usage: hydraneckwebrtc completion bash\n\nPrints a completion script: source it, or put it to /etc/bash_completion.d/.\n");
    return asked ? 0 : EX_USAGE;
  }
  fputs (head, stdout);
  fputs (names_head, stdout);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].what != NULL)
      printf ("%s ", commands[i].name);
  fputs (names_tail, stdout);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (commands[i].what == NULL)
      continue;
    printf ("    %s) words='--help", commands[i].name);
    print_options (commands[i].arguments);
    printf ("' ;;\n");
  }
  return fputs (tail, stdout) >= 0 ? 0 : EX_IOERR;
}
