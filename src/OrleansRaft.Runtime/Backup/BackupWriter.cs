using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Backup;

/// <summary>Writes a backup, forward and once. One thread at a time.</summary>
/// <param name="output">Takes the bytes; it is not closed.</param>
internal sealed class BackupWriter(Stream output) : IDisposable
{
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] header = new byte[BackupFormat.HeaderBytes];
    private readonly byte[] footer = new byte[BackupFormat.ChecksumBytes];
    private string? group;
    private uint checksum;
    private int groups;
    private long bytes;
    private uint stateChecksum;
    private long stateBytes;

    /// <summary>How many bytes of states have been written.</summary>
    public long StateBytes => bytes + stateBytes;

    /// <summary>Begins the backup.</summary>
    /// <param name="head">What it says of itself.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task BeginAsync(BackupHead head, CancellationToken cancellation)
    {
        var magic = BackupFormat.Magic.ToArray();
        Note(magic);
        await output.WriteAsync(magic, cancellation);
        await WriteAsync(BackupRecordKind.Head, JsonSerializer.SerializeToUtf8Bytes(head, BackupFormat.Json), cancellation);
    }

    /// <summary>Begins a group; after a failure, again.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="replica">Whose state follows.</param>
    /// <param name="silo">Where that replica runs.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task BeginGroupAsync(string name, ReplicaId replica, string silo, CancellationToken cancellation)
    {
        if (group is not null)
        {
            await WriteAsync(BackupRecordKind.GroupAgain, default, cancellation);
        }

        (group, stateBytes, stateChecksum) = (name, 0, 0);
        await WriteAsync(
            BackupRecordKind.GroupBegin,
            JsonSerializer.SerializeToUtf8Bytes(new BackupGroupBegin(name, replica.Value, silo), BackupFormat.Json),
            cancellation);
    }

    /// <summary>Writes bytes of the group's state.</summary>
    /// <param name="chunk">The bytes, at most 1 MiB.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task WriteChunkAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunk.Length, BackupFormat.ChunkBytesMax);
        stateBytes += chunk.Length;
        stateChecksum = Crc32C.Append(stateChecksum, chunk.Span);
        await WriteAsync(BackupRecordKind.Chunk, chunk, cancellation);
    }

    /// <summary>Ends a group.</summary>
    /// <param name="snapshot">What its state is, with size and checksum.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CorruptDataException">What was written is something else: it was changed on its way.</exception>
    public async Task EndGroupAsync(SnapshotDescriptor snapshot, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var ended = BackedUpGroup.Of(group ?? throw new InvalidOperationException("No group has begun."), snapshot);
        if (snapshot.SizeBytes != stateBytes || snapshot.Checksum != stateChecksum)
        {
            throw new CorruptDataException(
                $"the state of {group} was changed on its way: {stateBytes} bytes arrived, of {ended.Bytes}, or others; take the backup again");
        }

        await WriteAsync(BackupRecordKind.GroupEnd, JsonSerializer.SerializeToUtf8Bytes(ended, BackupFormat.Json), cancellation);
        (group, groups, bytes, stateBytes) = (null, groups + 1, bytes + stateBytes, 0);
    }

    /// <summary>Ends the backup.</summary>
    /// <param name="cancellation">Gives up.</param>
    public async Task EndAsync(CancellationToken cancellation)
    {
        var foot = new BackupFoot(groups, bytes, Convert.ToHexStringLower(sha256.GetCurrentHash()));
        await WriteAsync(BackupRecordKind.Foot, JsonSerializer.SerializeToUtf8Bytes(foot, BackupFormat.Json), cancellation);
        await output.FlushAsync(cancellation);
    }

    /// <summary>Says that the backup cannot be completed.</summary>
    /// <param name="reason">Why: a sentence.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task FailAsync(string reason, CancellationToken cancellation)
    {
        await WriteAsync(BackupRecordKind.Failure, Encoding.UTF8.GetBytes(reason), cancellation);
        await output.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => sha256.Dispose();

    private async Task WriteAsync(BackupRecordKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        BackupFormat.WriteHeader(header, kind, body.Length, checksum);
        Note(header);
        Note(body.Span);
        BinaryPrimitives.WriteUInt32LittleEndian(footer, checksum);
        await output.WriteAsync(header, cancellation);
        await output.WriteAsync(body, cancellation);
        await output.WriteAsync(footer, cancellation);

        // Not into the running checksum: that of bytes with their own behind them is the same for all bytes, and the chain would hang on nothing.
        sha256.AppendData(footer);
    }

    private void Note(ReadOnlySpan<byte> written)
    {
        checksum = Crc32C.Append(checksum, written);
        sha256.AppendData(written);
    }
}
