// SPDX-License-Identifier: Apache-2.0
// nt_mutant: which of the mutants compiled in acts. Put in front of every file of the mutated copy.
//
// Environment: NT_MUTANT=n lets mutant n act, none by default. NT_MUTANT_REACHED=file records which
// mutants the run comes past instead: byte n of the file is 1.
#ifndef NT_MUTANT_H
#define NT_MUTANT_H

extern int nt_mutant; ///< number of the acting mutant; 0 none; negative while recording
/// Notes that the run came past mutant `number`; 0.
int nt_mutant_passed(int number);

#define NT_MUTANT(number) (nt_mutant == (number) || (nt_mutant < 0 && nt_mutant_passed(number)))

#endif
