/* SPDX-License-Identifier: Apache-2.0 */
/* What answers each route. */
#ifndef KOR_API_ANSWERS_H
#define KOR_API_ANSWERS_H

#include "serve/routes.h"

/* api_recall.c */
void kor_api_recall(kor_ask *ask);
void kor_api_timeline(kor_ask *ask);
void kor_api_when(kor_ask *ask);

/* api_events.c */
void kor_api_event(kor_ask *ask);
void kor_api_add(kor_ask *ask);
void kor_api_correct(kor_ask *ask);
void kor_api_undo(kor_ask *ask);

/* api_about.c */
void kor_api_health(kor_ask *ask);
void kor_api_models(kor_ask *ask);
void kor_api_model(kor_ask *ask);
void kor_api_figure(kor_ask *ask);
void kor_api_exclusions(kor_ask *ask);
void kor_api_exclude(kor_ask *ask);
void kor_api_include(kor_ask *ask);
void kor_api_openapi(kor_ask *ask);

/* api_figures.c */
void kor_api_metrics(kor_ask *ask);
void kor_api_stats(kor_ask *ask);

/* api_openai.c */
void kor_api_embeddings(kor_ask *ask);
void kor_api_openai_models(kor_ask *ask);

/* api_mcp.c */
void kor_api_mcp(kor_ask *ask);
/* The MCP server that reads from the memory of the ask; the worker's. */
kor_status kor_api_mcp_of(kor_ask *ask, kor_mcp **out, kor_error *err);

/* api_activity.c */
void kor_api_activity_info(kor_ask *ask);
void kor_api_buckets(kor_ask *ask);
void kor_api_bucket(kor_ask *ask);
void kor_api_bucket_make(kor_ask *ask);
void kor_api_bucket_remove(kor_ask *ask);
void kor_api_heartbeat(kor_ask *ask);
void kor_api_activity_list(kor_ask *ask);
void kor_api_activity_put(kor_ask *ask);
void kor_api_activity_count(kor_ask *ask);
void kor_api_activity_get(kor_ask *ask);
void kor_api_activity_remove(kor_ask *ask);
void kor_api_activity_export(kor_ask *ask);
void kor_api_activity_import(kor_ask *ask);

/* api_run.c */
void kor_api_run(kor_ask *ask);

/* api_tools.c */
void kor_api_related(kor_ask *ask);
void kor_api_forget(kor_ask *ask);
void kor_api_forget_event(kor_ask *ask);

/* api_live.c */
void kor_api_live(kor_ask *ask);
void kor_api_access(kor_ask *ask);
void kor_api_export(kor_ask *ask);

/* static_files.c */
void kor_api_page(kor_ask *ask);
void kor_api_page_file(kor_ask *ask);
void kor_api_login(kor_ask *ask);

#endif
