using System.Runtime.InteropServices;

namespace OrleansRaft.Benchmarks.Load;

/// <summary>Waits until any of many sockets can be read, in one system call and without a thread for each.</summary>
internal sealed partial class Readiness(int[] descriptors)
{
    private const short Readable = 1;

    private readonly Watched[] watched = Array.ConvertAll(
        descriptors, static descriptor => new Watched { Descriptor = descriptor, Wanted = Readable });

    /// <summary>Watches another descriptor at a place.</summary>
    public void Replace(int place, int descriptor) => watched[place].Descriptor = descriptor;

    /// <summary>Waits until at least one has something to read, or is broken, or time is up.</summary>
    public void Wait(TimeSpan timeout)
    {
        if (Poll(watched, (nuint)watched.Length, (int)timeout.TotalMilliseconds) < 0)
        {
            // A signal interrupted the call.
            Array.ForEach(watched, static one => one.Happened = 0);
        }
    }

    public bool IsReady(int place) => watched[place].Happened != 0;

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll([In, Out] Watched[] descriptors, nuint count, int timeoutMilliseconds);

    private struct Watched
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }
}
