/* SPDX-License-Identifier: Apache-2.0 */
/* api.h - what stands around the declarations of every public header: C linkage for C++, and the mark by
 * which the shared library exports them. What is declared between the two is the interface of libmapae;
 * tests/lib/symbols.py holds the library to it. */
#ifndef MAPAE_API_H
#define MAPAE_API_H

#ifdef __cplusplus
#define MP_API_BEGIN _Pragma("GCC visibility push(default)") extern "C" {
#define MP_API_END } _Pragma("GCC visibility pop")
#else
#define MP_API_BEGIN _Pragma("GCC visibility push(default)")
#define MP_API_END _Pragma("GCC visibility pop")
#endif

#endif
