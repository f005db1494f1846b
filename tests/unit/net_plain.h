/* SPDX-License-Identifier: Apache-2.0 */
/* learn/net.c and net_pass.c once more, in double and with plain products, under other names: what
 * gradients are compared with finite differences in. */
#define KOR_REAL double
#define KOR_NET_PLAIN
#define kor_net_load plain_net_load
#define kor_net_free plain_net_free
#define kor_net_weigh plain_net_weigh
#define kor_net_can_load plain_net_can_load
#define kor_net_refresh plain_net_refresh
#define kor_net_refresh_all plain_net_refresh_all
#define kor_net_to_int8 plain_net_to_int8
#define kor_net_pack plain_net_pack
#define kor_net_pack_turned plain_net_pack_turned
#define kor_pass_begin plain_pass_begin
#define kor_pass_free plain_pass_free
#define kor_pass_forward plain_pass_forward
#define kor_pass_backward plain_pass_backward
#define kor_pass_gradient plain_pass_gradient
#define kor_pass_embedding plain_pass_embedding
#define kor_pass_adapter plain_pass_adapter
#include "learn/net.c"
#include "learn/net_pass.c"
