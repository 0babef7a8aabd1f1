# SPDX-License-Identifier: LGPL-2.1-or-later
# What the guests of the labs run instead of a BIOS: the last 64 KiB of their firmware. It sets up what the cases need,
# and counts half seconds at 0x46c, where a BIOS counts its ticks. A BIOS takes a second to start, ten in an emulated
# machine, and finds nothing to boot; then it has a timer interrupt 18 times a second, which inside another emulated
# machine takes half of the processor.
    .code16
    .globl _start

    .set clock_interrupt, 0x70 * 4
    .set ticks, 0x46c
    # registers of PCI configuration
    .set command, 0x04
    .set class, 0x08
    .set bar0, 0x10
    .set bar1, 0x14
    .set buses, 0x18
    .set io_window, 0x1c

_start:
    cli
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %ss
    movw    $0x7c00, %sp

    # The processor listens to the interrupt controllers of a PC. (An emulated one has no limit of segments.)
    addr32 movl $0x700, 0xfee00350
    # the timer counts no more
    movb    $0x30, %al
    outb    %al, $0x43
    # the interrupt controllers: IRQ 8 becomes interrupt 0x70, and is the only one that is let through
    movb    $0x11, %al
    outb    %al, $0x20
    outb    %al, $0xa0
    movb    $0x08, %al
    outb    %al, $0x21
    movb    $0x70, %al
    outb    %al, $0xa1
    movb    $4, %al
    outb    %al, $0x21
    movb    $2, %al
    outb    %al, $0xa1
    movb    $1, %al
    outb    %al, $0x21
    outb    %al, $0xa1
    movb    $0xfb, %al
    outb    %al, $0x21
    movb    $0xfe, %al
    outb    %al, $0xa1
    movw    $tick, clock_interrupt
    movw    %cs, clock_interrupt + 2

    # ACPI's registers at 0x600, as QEMU's tables say: function 00:1f.0 of the chip set
    movl    $0x8000f840, %eax
    movl    $0x601, %ecx
    call    write_pci
    movl    $0x8000f844, %eax
    movl    $0x80, %ecx
    call    write_pci

    # Each port of PCI Express gets a bus, and the device there I/O ports: the first one from 0xc000 on, the next from
    # 0xd000 on. The last device of bus 0 is the chip set.
    movl    $0x80000000, %ebx
    movl    $1, %esi
    movl    $0xc000, %edi
next_function:
    leal    class(%ebx), %eax
    call    read_pci
    shrl    $16, %eax
    cmpw    $0x0604, %ax
    jne     another_function
    movl    %esi, %ecx
    shll    $8, %ecx
    movl    %esi, %eax
    shll    $16, %eax
    orl     %eax, %ecx
    leal    buses(%ebx), %eax
    call    write_pci
    # the device: bus %esi, slot 0
    movl    %esi, %ebp
    shll    $16, %ebp
    orl     $0x80000000, %ebp
    movl    %ebp, %eax
    call    read_pci
    incw    %ax
    jz      next_bus
    movl    %edi, %ecx
    leal    bar0(%ebp), %eax
    call    write_pci
    addl    $8, %ecx
    leal    bar1(%ebp), %eax
    call    write_pci
    movl    $1, %ecx
    leal    command(%ebp), %eax
    call    write_pci
    # begin and end of what the port passes on: the upper four bits of each
    movl    %edi, %ecx
    movb    %ch, %cl
    leal    io_window(%ebx), %eax
    call    write_pci
    movl    $7, %ecx
    leal    command(%ebx), %eax
    call    write_pci
    addl    $0x1000, %edi
next_bus:
    incl    %esi
another_function:
    addl    $0x100, %ebx
    cmpl    $0x8000f800, %ebx
    jb      next_function

    # the clock: 2 Hz, each an interrupt, and none is pending
    movw    $0x2f0a, %ax
    call    write_clock
    movw    $0x420b, %ax
    call    write_clock
    movb    $0x0c, %al
    outb    %al, $0x70
    inb     $0x71, %al
rest:
    sti
    hlt
    jmp     rest

# %eax: the address; returns the register in %eax
read_pci:
    movw    $0xcf8, %dx
    outl    %eax, %dx
    movw    $0xcfc, %dx
    inl     %dx, %eax
    ret

# %eax: the address, %ecx: the value
write_pci:
    movw    $0xcf8, %dx
    outl    %eax, %dx
    movw    $0xcfc, %dx
    movl    %ecx, %eax
    outl    %eax, %dx
    ret

# %al: the register, %ah: the value
write_clock:
    outb    %al, $0x70
    movb    %ah, %al
    outb    %al, $0x71
    ret

tick:
    pushw   %ax
    pushw   %ds
    xorw    %ax, %ax
    movw    %ax, %ds
    incl    ticks
    # acknowledged to the clock and to the controllers
    movb    $0x0c, %al
    outb    %al, $0x70
    inb     $0x71, %al
    movb    $0x20, %al
    outb    %al, $0xa0
    outb    %al, $0x20
    popw    %ds
    popw    %ax
    iretw

    # where a processor begins
    .org    0xfff0
    ljmp    $0xf000, $_start
    .org    0x10000
