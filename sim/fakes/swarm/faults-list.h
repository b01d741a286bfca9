/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every way a fake worker can be told to misbehave, once.  FAULT (NAME, name, FLAG or COUNT, what it does) */
FAULT (HANG, hang, FLAG, "accepts and never answers; its heartbeats go on")
FAULT (DIE, die, FLAG, "nothing listens, nothing beats; taken back it starts anew, without its sessions")
FAULT (NO_HEARTBEAT, no_heartbeat, FLAG, "no heartbeats; everything else goes on")
FAULT (REFUSE_STATUS, refuse_status, COUNT, "creates are refused with 502, 503 or 504; 0 = as it should")
FAULT (CUT_CREATE, cut_create, FLAG, "the connection is cut when a create has begun")
FAULT (SLOW_MS, slow_ms, COUNT, "every answer comes so many milliseconds later")
FAULT (TAKE_ID, take_id, COUNT, "heartbeats under the id of worker N, as a newer process; 0 = its own")
FAULT (CLAIM_SLOTS, claim_slots, COUNT, "heartbeats claim so many slots; 0 = the truth")
FAULT (CLAIM_IDLE, claim_idle, FLAG, "heartbeats claim that no slot is taken")
FAULT (WRONG_TOKEN, wrong_token, FLAG, "401 to every token")
