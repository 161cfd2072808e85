/* SPDX-License-Identifier: Apache-2.0 */
/* service.h - what a service manager wants to hear (sd_notify(3)): a datagram to the socket that
 * NOTIFY_SOCKET names. */
#ifndef MAPAE_CLI_SERVICE_H
#define MAPAE_CLI_SERVICE_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "RELOADING=1", "WATCHDOG=1". Without a manager, nothing. What cannot be said is
 * not said: the manager will notice. */
void mp_service_say(const char *state);
/* How often WATCHDOG=1 is due, half of what the manager waits for; 0: never. */
uint64_t mp_service_beat_ms(void);

#endif
