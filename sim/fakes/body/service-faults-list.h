/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every way the fake services can be told to misbehave, once.  FAULT (NAME, name, FLAG or COUNT, what it does) */
FAULT (NPS_STATUS, nps_status, COUNT, "HTTP status hydranps answers to records, 0 = as it should")
FAULT (LIBRARY_STATUS, library_status, COUNT, "HTTP status the library answers to ratings, 0 = as it should")
FAULT (NPS_SILENT, nps_silent, FLAG, "hydranps accepts records and never answers")
FAULT (LIBRARY_SILENT, library_silent, FLAG, "the library accepts ratings and never answers")
