using System.Globalization;
using System.Runtime.InteropServices;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Serve;

/// <summary>How many files this process may have open, connections included. The runtime has already raised the limit as far as it may.</summary>
internal static partial class FileLimit
{
    /// <summary>What a silo opens for itself: two files for each library, its store, its own connections to other silos.</summary>
    public const int OwnMax = 370;

    private const int PerServer = 16;
    private const int ConnectionsMin = 24;

    // Numbers of the system's headers.
    private static readonly int OpenFiles = OperatingSystem.IsMacOS() ? 8 : 7;

    /// <summary>The limit in force; the greatest number where there is none.</summary>
    public static long Current =>
        !OperatingSystem.IsWindows() && GetLimit(OpenFiles, out var limit) == 0 && limit.Soft <= long.MaxValue ? (long)limit.Soft : long.MaxValue;

    /// <summary>How many connections there may be while enough files are left for everything else.</summary>
    /// <param name="limit">The limit in force.</param>
    /// <param name="servers">How many PostgreSQL servers the silo uses.</param>
    /// <exception cref="CliException">None.</exception>
    public static int ConnectionsOf(long limit, int servers)
    {
        var own = OwnMax + (servers * PerServer);
        if (limit < own + ConnectionsMin)
        {
            throw new CliException(
                ExitCode.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"this process may have {limit} files open, but a silo needs {own} for itself and {ConnectionsMin} for connections."),
                "Raise the limit, for example by `ulimit -n 65536`, or LimitNOFILE=65536 in a systemd unit.");
        }

        return (int)Math.Min(limit - own, int.MaxValue);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
