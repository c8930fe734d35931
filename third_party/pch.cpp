// Gives the precompiled-header targets one source file to compile.
