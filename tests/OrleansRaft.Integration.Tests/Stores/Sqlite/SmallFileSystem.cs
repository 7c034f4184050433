using System.Diagnostics;

namespace OrleansRaft.Integration.Tests.Stores.Sqlite;

/// <summary>
/// A file system of a few megabytes in memory, which a test can fill, hide and mount anew. Needs Linux and the right to mount; skips with its reason
/// otherwise, and fails in CI.
/// </summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("oraft-mount-");
    private int mounts;

    /// <summary>Where it is mounted.</summary>
    public string Path => root.FullName;

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Mounts one.</summary>
    public static SmallFileSystem Mount(int megabytes)
    {
        var mounted = new SmallFileSystem();
        try
        {
            mounted.MountOver($"size={megabytes}m");
            return mounted;
        }
        catch
        {
            mounted.Dispose();
            throw;
        }
    }

    /// <summary>Mounts another, empty one over what is there.</summary>
    public void MountOver(string options = "size=1m")
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", Path) is not null)
        {
            Unmountable("this test fills and hides a file system, and needs Linux and the right to mount one");
            return;
        }

        mounts++;
    }

    /// <summary>Makes it read-only, or writable again.</summary>
    public void Remount(string mode) => Run("mount", "-o", $"remount,{mode}", Path).ShouldBeNull();

    /// <summary>Takes the last mounted one away.</summary>
    public void Unmount()
    {
        Run("umount", "-l", Path);
        mounts--;
    }

    /// <summary>Fills it to the last byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = 64 * 1024; size >= 1; size /= 2)
        {
            try
            {
                while (true)
                {
                    file.Write(new byte[size]);
                }
            }
            catch (IOException)
            {
                // No more of that size: a smaller piece may fit.
            }
        }
    }

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        while (mounts > 0)
        {
            Unmount();
        }

        root.Delete(recursive: true);
    }

    private static void Unmountable(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }

    /// <returns>What the program said when it failed.</returns>
    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : errors;
    }
}
