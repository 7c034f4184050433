using System.Runtime.InteropServices;

namespace OrleansRaft.Cli.Output;

/// <summary>
/// The three streams that the process was started with. One that is closed, full or read by nobody must neither end a silo nor be mistaken for
/// another file: the system gives the number of a closed stream to the next file that is opened, and the runtime opens its own before any code of
/// ours runs.
/// </summary>
internal static partial class StandardStreams
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Error = 2;
    private const int GetFlags = 1;
    private const int ClosedOnExec = 1;

    /// <summary>Makes the console write by the rules above. Before anything is written.</summary>
    public static void Install()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Console.SetError(WriterOf(Error, mayLose: true));
        if (Console.IsOutputRedirected || !IsInherited(Output))
        {
            Console.SetOut(WriterOf(Output, mayLose: false));
        }
    }

    /// <summary>Standard input; empty when the process was started without.</summary>
    public static Stream OpenInput() => OperatingSystem.IsWindows() || IsInherited(Input) ? Console.OpenStandardInput() : Stream.Null;

    /// <summary>Standard output, unbuffered, for what writes bytes.</summary>
    public static Stream OpenOutput() =>
        OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new DescriptorStream(IsInherited(Output) ? Output : null, mayLose: false);

    private static StreamWriter WriterOf(int descriptor, bool mayLose) =>
        new(new DescriptorStream(IsInherited(descriptor) ? descriptor : null, mayLose), Console.OutputEncoding) { AutoFlush = true };

    /// <summary>
    /// Whether the process was started with this stream: what it opened itself since then, in place of a closed one, is marked to be closed on
    /// exec.
    /// </summary>
    private static bool IsInherited(int descriptor) => GetDescriptorFlags(descriptor, GetFlags) is >= 0 and var flags && (flags & ClosedOnExec) == 0;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetDescriptorFlags(int descriptor, int command);
}
