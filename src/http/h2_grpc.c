#include "http/h2_grpc.h"

static void finish(struct h2_grpc *grpc)
{
    grpc->whole++;
    grpc->prefix_size = 0;
    grpc->left = 0;
}

static void take_prefix(struct h2_grpc *grpc, struct span *bytes)
{
    while (bytes->size && grpc->prefix_size < H2_GRPC_PREFIX_SIZE) {
        /* the flags move out of the length at its upper end */
        grpc->left = grpc->left << 8 | bytes->at[0];
        grpc->prefix_size++;
        *bytes = span_skip(*bytes, 1);
    }
}

void h2_grpc_take(struct h2_grpc *grpc, struct span bytes)
{
    if (!bytes.at)
        grpc->lost = true;
    if (grpc->lost)
        return;
    while (bytes.size) {
        uint32_t taken;

        take_prefix(grpc, &bytes);
        if (grpc->prefix_size < H2_GRPC_PREFIX_SIZE)
            return;
        taken = bytes.size < grpc->left ? (uint32_t)bytes.size : grpc->left;
        grpc->left -= taken;
        bytes = span_skip(bytes, taken);
        if (grpc->left == 0)
            finish(grpc);
    }
}
