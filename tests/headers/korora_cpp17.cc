// SPDX-License-Identifier: Apache-2.0
// The public header needs nothing before it, in C++17, and its names have C linkage.
#include <korora.h>

#include <memory>
#include <vector>

static_assert(KOR_OK == 0, "success is 0");

int main()
{
    kor_error err{};
    kor_model *model = nullptr;
    kor_status status = kor_model_open(&model, "trunk.gguf", &err);
    std::unique_ptr<kor_model, decltype(&kor_model_close)> owner(model, kor_model_close);
    std::vector<float> v(512);
    return static_cast<int>(status);
}
