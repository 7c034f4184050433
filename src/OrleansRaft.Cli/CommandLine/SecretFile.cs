using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>
/// Files that hold a secret: a key, a password. One that other users could read or change is refused, as ssh and libpq refuse theirs.
/// </summary>
/// <remarks>
/// Nobody but its owner may have any right to it (mode 0600 or less). A file that root owns may be readable for its group, too (0640 or less): so
/// Kubernetes and systemd hand secrets to a service that does not run as root. On Windows, whose rights are others, nothing is checked.
/// </remarks>
internal static partial class SecretFile
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // The system's header: what is asked of which file, and where the answer holds the owner.
    private const int EmptyPath = 0x1000;
    private const uint WantsOwner = 0x8;
    private const int StatxBytes = 256;
    private const int OwnerAt = 20;

    /// <summary>Everything in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The option, variable or setting that names it, for messages.</param>
    /// <exception cref="CliException">It cannot be read, or others could read or change it.</exception>
    public static string ReadText(string path, string source)
    {
        using var file = Open(path, source);
        RequireClosed(file.SafeFileHandle, path, source);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    /// <summary>
    /// Refuses a file that others could read or change, and that somebody else is going to read. One that is not there is nobody's secret.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The option, variable or setting that names it, for messages.</param>
    /// <exception cref="CliException">Others could read or change it.</exception>
    public static void RequireClosed(string path, string source)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(path))
        {
            using var file = Open(path, source);
            RequireClosed(file.SafeFileHandle, path, source);
        }
    }

    private static FileStream Open(string path, string source)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{source} is '{path}', which cannot be read: {failure.Message.TrimEnd('.')}.",
                $"Name a file with {source} that this user can read.");
        }
    }

    /// <summary>Looks at the file that is open: no other can take its place in between, and a symbolic link has no rights of its own.</summary>
    private static void RequireClosed(SafeFileHandle file, string path, string source)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var mode = File.GetUnixFileMode(file);
        var open = mode & Others;
        if (open != UnixFileMode.None && !(open == UnixFileMode.GroupRead && IsOwnedByRoot(file)))
        {
            throw new CliException(
                ExitCode.Refused,
                $"{source} is '{path}', which holds a secret, but other users may read or change it: its mode is {Octal(mode)}.",
                $"Run `chmod 600 '{path}'`. Only a file that root owns may also be readable for its group (0640).");
        }
    }

    private static bool IsOwnedByRoot(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        Span<byte> status = stackalloc byte[StatxBytes];
        status.Clear();
        var answer = Statx((int)file.DangerousGetHandle(), "", EmptyPath, WantsOwner, ref MemoryMarshal.GetReference(status));
        GC.KeepAlive(file);
        return answer == 0 && BitConverter.ToUInt32(status[OwnerAt..]) == 0;
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte status);
}
