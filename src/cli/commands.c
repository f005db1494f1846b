/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

const kor_command *const kor_commands[] = {
    &kor_command_add,        &kor_command_import,  &kor_command_recall,  &kor_command_timeline,
    &kor_command_when,       &kor_command_show,    &kor_command_related, &kor_command_correct,
    &kor_command_exclude,    &kor_command_forget,  &kor_command_export,  &kor_command_stats,
    &kor_command_reannotate, &kor_command_consult, &kor_command_mcp,     &kor_command_serve,
    &kor_command_run,        &kor_command_models,  &kor_command_train,   &kor_command_forge,
    &kor_command_generate,   &kor_command_teach,   &kor_command_eval,    &kor_command_bench,
    &kor_command_convert,    &kor_command_doctor,  &kor_command_version, NULL,
};
