/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/roles-http.h"

#include "update/health-http.h"

typedef struct {
  HnRolesHttp *owner;
  char *url;
  HnHealthAnswer *answer; /* (nullable): the last one */
  gboolean is_there;
  gint64 process_id; /* that answers as it should, or 0 */
  gint64 since_us;
} Role;

struct _HnRolesHttp {
  HnHttpClient *client;
  GPtrArray *roles;
  guint asked;    /* whose answer is awaited */
  guint idle_id;
  void (*done) (gpointer user_data);
  gpointer user_data;
};

static const Role *
role_at (const HnRolesHttp *self, guint index)
{
  return g_ptr_array_index (self->roles, index);
}

/* ---- asking ---- */

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Role *role = data;
  HnRolesHttp *self = role->owner;

  g_clear_pointer (&role->answer, hn_health_answer_free);
  role->answer = hn_health_http_ask_finish (result, NULL);
  if (--self->asked == 0)
    self->done (self->user_data);
}

static gboolean
on_nobody (gpointer data)
{
  HnRolesHttp *self = data;

  self->idle_id = 0;
  self->done (self->user_data);
  return G_SOURCE_REMOVE;
}

void
hn_roles_http_ask (HnRolesHttp *self, void (*done) (gpointer user_data), gpointer user_data)
{
  self->done = done;
  self->user_data = user_data;
  self->asked = self->roles->len;
  if (self->asked == 0)
    self->idle_id = g_idle_add (on_nobody, self);
  for (guint i = 0; i < self->roles->len; i++) {
    Role *role = g_ptr_array_index (self->roles, i);

    hn_health_http_ask_async (self->client, role->url, NULL, on_answer, role);
  }
}

/* ---- who is there ---- */

void
hn_roles_http_note_there (HnRolesHttp *self)
{
  for (guint i = 0; i < self->roles->len; i++) {
    Role *role = g_ptr_array_index (self->roles, i);

    role->is_there = role->answer != NULL;
  }
}

void
hn_roles_http_set_there (HnRolesHttp *self, const char *const *urls)
{
  for (guint i = 0; i < self->roles->len; i++) {
    Role *role = g_ptr_array_index (self->roles, i);

    role->is_there = g_strv_contains (urls, role->url);
  }
}

gboolean
hn_roles_http_is_any_there (const HnRolesHttp *self)
{
  for (guint i = 0; i < self->roles->len; i++)
    if (role_at (self, i)->is_there)
      return TRUE;
  return FALSE;
}

GStrv
hn_roles_http_get_there (const HnRolesHttp *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < self->roles->len; i++)
    if (role_at (self, i)->is_there)
      g_strv_builder_add (builder, role_at (self, i)->url);
  return g_strv_builder_end (builder);
}

guint
hn_roles_http_count_sessions (const HnRolesHttp *self)
{
  guint count = 0;

  for (guint i = 0; i < self->roles->len; i++)
    if (role_at (self, i)->answer != NULL)
      count += role_at (self, i)->answer->sessions;
  return count;
}

/* ---- do they run as they should ---- */

static gboolean
answers_as (const Role *role, const char *version)
{
  return role->answer != NULL && g_str_equal (role->answer->version, version);
}

gboolean
hn_roles_http_all_are (const HnRolesHttp *self, const char *version)
{
  for (guint i = 0; i < self->roles->len; i++)
    if (role_at (self, i)->is_there && !answers_as (role_at (self, i), version))
      return FALSE;
  return TRUE;
}

void
hn_roles_http_begin_proof (HnRolesHttp *self)
{
  for (guint i = 0; i < self->roles->len; i++)
    ((Role *) g_ptr_array_index (self->roles, i))->process_id = 0;
}

const char *
hn_roles_http_find_unsteady (HnRolesHttp *self, const char *version, gint64 steady_us, gint64 now_us)
{
  const char *found = NULL;

  for (guint i = 0; i < self->roles->len; i++) {
    Role *role = g_ptr_array_index (self->roles, i);
    gint64 process_id = answers_as (role, version) ? role->answer->process_id : 0;

    if (process_id != role->process_id)
      role->since_us = now_us;
    role->process_id = process_id;
    if (role->is_there && found == NULL && (process_id == 0 || now_us - role->since_us < steady_us))
      found = role->url;
  }
  return found;
}

/* ---- construction ---- */

static void
role_free (gpointer data)
{
  Role *self = data;

  g_clear_pointer (&self->answer, hn_health_answer_free);
  g_free (self->url);
  g_free (self);
}

HnRolesHttp *
hn_roles_http_new (HnHttpClient *client, const char *const *urls)
{
  HnRolesHttp *self = g_new0 (HnRolesHttp, 1);

  self->client = client;
  self->roles = g_ptr_array_new_with_free_func (role_free);
  for (guint i = 0; urls != NULL && urls[i] != NULL; i++) {
    Role *role = g_new0 (Role, 1);

    role->owner = self;
    role->url = g_strdup (urls[i]);
    g_ptr_array_add (self->roles, role);
  }
  return self;
}

void
hn_roles_http_free (HnRolesHttp *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->idle_id, g_source_remove);
  g_ptr_array_unref (self->roles);
  g_free (self);
}
