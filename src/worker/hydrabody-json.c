/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Launch and stop name the same three things, so that a body can tell a late stop of an old session from its present one. */

#include "worker/hydrabody-json.h"

#include "base/json.h"

static char *
order_of (const char *experience, const char *exe_path, const char *session_id)
{
  g_autoptr (JsonObject) object = json_object_new ();

  hn_json_set_text (object, "experience", experience);
  hn_json_set_text (object, "exe_path", exe_path);
  hn_json_set_text (object, "session_id", session_id);
  return hn_json_to_text (object);
}

char *
hn_hydrabody_json_launch (const char *experience, const char *exe_path, const char *session_id)
{
  return order_of (experience, exe_path, session_id);
}

char *
hn_hydrabody_json_stop (const char *experience, const char *exe_path, const char *session_id)
{
  return order_of (experience, exe_path, session_id);
}
