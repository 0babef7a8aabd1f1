/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program that does nothing: what a process costs at least. */
int
main (void)
{
    return 0;
}
