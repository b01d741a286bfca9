/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every subcommand once, in the order of the help. Read as declarations, as the table of main (), as the completion's and the man page's text: no include guard.
 * A command without a meaning is not for people. `arguments` names every option of it that `COMMAND --help` knows (a test holds both together).
 *
 *       name             function                 arguments                                          what it does */
COMMAND ("controller",    hn_cmd_controller,       "[--config FILE] [--log-level LEVEL]",             "send each session request to the least-loaded worker")
COMMAND ("worker",        hn_cmd_worker,           "[--config FILE] [--log-level LEVEL]",             "run sessions on this node")
COMMAND ("worker-token",  hn_cmd_worker_token,     "[--config FILE] WORKER_ID",                       "print a token that lets one worker register")
COMMAND ("mic-pipeline",  hn_cmd_mic_pipeline,     "[--body IP] [--port PORT] [--session URL]",       "print gst-launch-1.0 lines for either end of a microphone")
COMMAND ("config-sample", hn_cmd_config_sample,    "",                                                "print every option with its default")
COMMAND ("metrics-doc",   hn_cmd_metrics_doc,      "",                                                "print every metric that GET /metrics answers with")
COMMAND ("version",       hn_cmd_version,          "",                                                "print the version")
COMMAND ("supervise",     hn_supervisor_main,      "",                                                NULL)
