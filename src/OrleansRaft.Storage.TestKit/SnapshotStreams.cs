using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

/// <summary>Reads snapshots whole.</summary>
public static class SnapshotStreams
{
    public static byte[] ReadAll(this SnapshotStream stream)
    {
        using var all = new MemoryStream();
        using (stream)
        {
            stream.CopyTo(all);
        }

        return all.ToArray();
    }
}
