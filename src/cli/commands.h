/* SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef GROUP
#define GROUP(title)
#endif
#define ASK_ARGUMENTS "[--server URL] [--token-file FILE] [--config FILE] [--insecure] [--output FORM]"

/* Every subcommand once, in the order of the help. Read as declarations, as the table of main (), as the completion's and the man page's text: no include guard.
 * GROUP, where a reader has defined it, stands above those that follow. A command without a meaning is not for people. `arguments` names every option of it that `COMMAND --help` knows (a test holds both together).
 *
 *       name             function                 arguments                                          what it does */
GROUP ("Serve")
COMMAND ("controller",    hn_cmd_controller,       "[--config FILE] [--log-level LEVEL]",             "send each session request to the least-loaded worker")
COMMAND ("worker",        hn_cmd_worker,           "[--config FILE] [--log-level LEVEL]",             "run sessions on this node")
COMMAND ("rooms",         hn_cmd_rooms,            "[--host IP] [--port PORT] [--config FILE] [--env-file FILE] [--log-level LEVEL]", "introduce browsers to each other in rooms")
COMMAND ("mesh",          hn_cmd_mesh,             "[--host IP] [--port PORT] [--config FILE] [--env-file FILE] [--log-level LEVEL]", "let agents of a mesh find and call each other")
GROUP ("This node")
COMMAND ("config",        hn_cmd_config,           "--check|--print|--sample [--config FILE] [--env-file FILE] [--role ROLE]", "check, print or explain the configuration")
COMMAND ("doctor",        hn_cmd_doctor,           "[--config FILE] [--env-file FILE] [--role ROLE] [--body IP] [--json]", "check this node, and print the mend for each finding")
COMMAND ("worker-token",  hn_cmd_worker_token,     "[--config FILE] WORKER_ID",                       "print a token that lets one worker register")
COMMAND ("token",         hn_cmd_token,            "--sub NAME [--user-id ID] [--username NAME] [--room ROOM] [--aud TEXT] [--ttl SECONDS] [--no-expiry] [--role ROLE] [--config FILE]"
                                                   " [--env-file FILE]",                              "print a token for rooms or mesh")
COMMAND ("version",       hn_cmd_version,          "[--verbose]",                                     "print the version")
COMMAND ("check-update",  hn_cmd_check_update,     "[--config FILE]",                                 "say whether a newer version is there")
COMMAND ("update",        hn_cmd_update,           "[--config FILE] [--force] [--now] [--restart COMMAND] [--healthy SECONDS]",
                                                   "replace this program by the latest release")
GROUP ("A running controller or worker")
COMMAND ("get",           hn_cmd_get,              ASK_ARGUMENTS " workers|sessions",                 "list what there is")
COMMAND ("describe",      hn_cmd_describe,         ASK_ARGUMENTS " worker|session ID",                "show all of one worker or session")
COMMAND ("create",        hn_cmd_create,           ASK_ARGUMENTS " [--experience NAME] [--exe-path PATH] [--district TEXT] [--body TEXT] [--head TEXT] [--replace]"
                                                   " [--sunshine-user NAME] [--sunshine-pass-file FILE] BODY_IP", "create a session")
COMMAND ("delete",        hn_cmd_delete,           ASK_ARGUMENTS " SESSION…",                         "end sessions")
COMMAND ("drain",         hn_cmd_drain,            ASK_ARGUMENTS " [--deadline TIME] [--undo] WORKER", "give a worker no new sessions")
COMMAND ("explain",       hn_cmd_explain,          ASK_ARGUMENTS " SESSION",                          "tell a session's life, and what to mend")
COMMAND ("logs",          hn_cmd_logs,             ASK_ARGUMENTS " [--lines N] SESSION",              "print the end of a session's log")
COMMAND ("events",        hn_cmd_events,           ASK_ARGUMENTS " [--follow]",                       "print what happens, as it happens")
COMMAND ("top",           hn_cmd_top,              ASK_ARGUMENTS " [--once] [--interval SECONDS]",    "watch workers and sessions")
GROUP ("Papers and tools")
COMMAND ("mic-pipeline",  hn_cmd_mic_pipeline,     "[--body IP] [--port PORT] [--session URL]",       "print gst-launch-1.0 lines for either end of a microphone")
COMMAND ("completion",    hn_cmd_completion,       "bash",                                            "print a completion script")
COMMAND ("man",           hn_cmd_man,              "",                                                "print the manual page")
COMMAND ("metrics-doc",   hn_cmd_metrics_doc,      "",                                                "print every metric that GET /metrics answers with")
COMMAND ("api-doc",       hn_cmd_api_doc,           "",                                                "print every request that controller and worker answer")
COMMAND ("config-sample", hn_cmd_config_sample,    "",                                                NULL)
COMMAND ("turn-credentials", hn_cmd_turn_credentials, "FILE",                                           NULL)
COMMAND ("supervise",     hn_supervisor_main,      "",                                                NULL)

#undef ASK_ARGUMENTS
#undef GROUP
