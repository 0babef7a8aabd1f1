/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that does nothing: the least cost of a process. */
int
main (void)
{
    return 0;
}
