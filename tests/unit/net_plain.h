/* SPDX-License-Identifier: Apache-2.0 */
/* learn/net.c once more, in double and with plain products, under other names: what gradients are
 * compared with finite differences in. */
#define KOR_REAL double
#define KOR_NET_PLAIN
#define kor_net_load plain_net_load
#define kor_net_free plain_net_free
#define kor_net_refresh plain_net_refresh
#define kor_net_refresh_all plain_net_refresh_all
#define kor_net_forward plain_net_forward
#define kor_net_backward plain_net_backward
#define kor_tape_new plain_tape_new
#define kor_tape_free plain_tape_free
#include "learn/net.c"
