/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http-server.h"

/* The contract itself: an OpenAPI 3.1 document, made from a product's route table, the words of api/operations.h and the schemas in assets. */

/**
 * hn_openapi_http_reply:
 * @routes: (array length=n_routes): a product's routes
 * @n_routes: how many
 * @title: of the document
 * @request: answered with it
 */
void hn_openapi_http_reply (const HnHttpRoute *routes, gsize n_routes, const char *title, HnHttpRequest *request);
