using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Backup;

/// <summary>Reads a backup, forward and once, and checks everything: what it hands on is whole as far as it was read. One thread at a time.</summary>
/// <param name="input">The bytes; not closed.</param>
/// <param name="name">What it is called, for messages.</param>
internal sealed class BackupReader(Stream input, string name) : IDisposable
{
    private const int GroupsMax = 1_000_000;

    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] header = new byte[BackupFormat.HeaderBytes];
    private readonly byte[] footer = new byte[BackupFormat.ChecksumBytes];
    private readonly List<BackedUpGroup> groups = [];
    private byte[] body = new byte[64 * 1024];
    private IEnumerator<string>? expected;
    private BackupHead? head;
    private string? group;
    private uint checksum;
    private long position;
    private long stateBytes;
    private uint stateChecksum;
    private string digest = "";

    /// <summary>What the backup says of itself.</summary>
    /// <exception cref="InvalidOperationException"><see cref="BeginAsync"/> was not called.</exception>
    public BackupHead Head => head ?? throw new InvalidOperationException($"{name} was not begun.");

    /// <summary>How many bytes of the file were read.</summary>
    public long Position => position;

    /// <summary>The groups that were read to their ends.</summary>
    public IReadOnlyList<BackedUpGroup> Groups => groups;

    /// <summary>Reads what the backup says of itself.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CorruptDataException">It is damaged or no backup.</exception>
    public async Task<BackupHead> BeginAsync(CancellationToken cancellation)
    {
        var magic = new byte[BackupFormat.Magic.Length];
        if (await input.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancellation) < magic.Length
            || !magic.AsSpan().SequenceEqual(BackupFormat.Magic))
        {
            throw new CorruptDataException(
                $"{name} is not a backup of OrleansRaft: its header is another. Name a file that `oraft backup create` wrote");
        }

        Note(magic);
        position += magic.Length;
        var (kind, text) = await ReadRecordAsync(cancellation);
        if (kind != BackupRecordKind.Head)
        {
            throw Damaged("it does not say what it is");
        }

        RequireReadable(text);
        head = Parse<BackupHead>(text);
        if (head.FurtherSets.IsDefault
            || head.Sets().Any(static set => set is not { Name.Length: > 0, Groups: >= 1 and <= GroupsMax, Replicas: >= 1 }))
        {
            throw Damaged("it does not name its sets of groups");
        }

        expected = head.GroupNames().GetEnumerator();
        return head;
    }

    /// <summary>Reads on.</summary>
    /// <param name="onChunk">
    /// Takes bytes of the state of a group, from an offset on, valid until it is done; a group that begins again begins at 0 again.
    /// </param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The next group whose state was read; null when the backup has ended, and is whole.</returns>
    /// <exception cref="CorruptDataException">It is damaged, or incomplete.</exception>
    public async Task<BackedUpGroup?> ReadGroupAsync(Func<string, long, ReadOnlyMemory<byte>, Task>? onChunk, CancellationToken cancellation)
    {
        while (true)
        {
            var (kind, text) = await ReadRecordAsync(cancellation);
            switch (kind)
            {
                case BackupRecordKind.GroupBegin when group is null:
                    BeginGroup(Parse<BackupGroupBegin>(text).Group, isAgain: false);
                    break;
                case BackupRecordKind.GroupAgain when group is not null:
                    var (again, begin) = await ReadRecordAsync(cancellation);
                    if (again != BackupRecordKind.GroupBegin)
                    {
                        throw Damaged("a group that should begin again does not");
                    }

                    BeginGroup(Parse<BackupGroupBegin>(begin).Group, isAgain: true);
                    break;
                case BackupRecordKind.Chunk when group is not null:
                    if (onChunk is not null)
                    {
                        await onChunk(group, stateBytes, text);
                    }

                    stateBytes += text.Length;
                    stateChecksum = Crc32C.Append(stateChecksum, text.Span);
                    break;
                case BackupRecordKind.GroupEnd when group is not null:
                    return EndGroup(Parse<BackedUpGroup>(text));
                case BackupRecordKind.Foot when group is null:
                    await EndAsync(Parse<BackupFoot>(text), cancellation);
                    return null;
                case BackupRecordKind.Failure:
                    throw new CorruptDataException(
                        $"{name} was not completed: {Encoding.UTF8.GetString(text.Span)} Nothing can be restored from it; take another backup");
                default:
                    throw Damaged($"a record of kind '{(char)kind}' stands where none may");
            }
        }
    }

    /// <summary>Reads the rest, and keeps nothing of the states.</summary>
    /// <param name="progress">Told how many bytes were read, now and then.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CorruptDataException">It is damaged, or incomplete.</exception>
    public async Task<BackupContents> ReadToEndAsync(Action<long>? progress, CancellationToken cancellation)
    {
        if (head is null)
        {
            await BeginAsync(cancellation);
        }

        while (await ReadGroupAsync(
            (_, _, _) =>
            {
                progress?.Invoke(position);
                return Task.CompletedTask;
            },
            cancellation) is not null)
        {
            progress?.Invoke(position);
        }

        return new BackupContents(Head, [.. groups], position, digest);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        sha256.Dispose();
        expected?.Dispose();
    }

    private void BeginGroup(string? begun, bool isAgain)
    {
        if (begun is null || (isAgain ? begun != group : !(expected!.MoveNext() && expected.Current == begun)))
        {
            throw Damaged($"the group {begun} stands where {(isAgain ? group : expected!.Current ?? "none")} should");
        }

        (group, stateBytes, stateChecksum) = (begun, 0, 0);
    }

    private BackedUpGroup EndGroup(BackedUpGroup ended)
    {
        var snapshot = DescriptorOf(ended);
        if (ended.Group != group || snapshot.SizeBytes != stateBytes || snapshot.Checksum != stateChecksum)
        {
            throw Damaged($"the state of {group} is not what its end says");
        }

        group = null;
        groups.Add(ended);
        return ended;
    }

    private SnapshotDescriptor DescriptorOf(BackedUpGroup ended)
    {
        try
        {
            return ended.ToSnapshot();
        }
        catch (CorruptDataException exception)
        {
            throw Damaged(exception.Message, exception);
        }
    }

    private async Task EndAsync(BackupFoot foot, CancellationToken cancellation)
    {
        if (foot.Sha256 != digest || foot.Groups != groups.Count || expected!.MoveNext())
        {
            throw Damaged("it is not what its end says: groups are missing, or were exchanged");
        }

        if (await input.ReadAsync(header.AsMemory(0, 1), cancellation) != 0)
        {
            throw Damaged("something follows its end");
        }
    }

    /// <summary>Says in words that a newer program wrote it, whatever else stands there.</summary>
    private void RequireReadable(ReadOnlyMemory<byte> text)
    {
        using var document = ParseJson(text);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("format", out var format)
            || !format.TryGetInt32(out var version))
        {
            throw Damaged("it does not name its format");
        }

        if (version != BackupFormat.Version)
        {
            throw new CorruptDataException(
                $"{name} is a backup of format {version}, and this program reads format {BackupFormat.Version}: "
                    + "restore it with the program that wrote it, or a newer one");
        }
    }

    private JsonDocument ParseJson(ReadOnlyMemory<byte> text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw Damaged("a record is not JSON", exception);
        }
    }

    private T Parse<T>(ReadOnlyMemory<byte> text)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text.Span, BackupFormat.Json) ?? throw Damaged("a record is empty");
        }
        catch (JsonException exception)
        {
            throw Damaged("a record is not what it should be", exception);
        }
    }

    private async Task<(BackupRecordKind Kind, ReadOnlyMemory<byte> Body)> ReadRecordAsync(CancellationToken cancellation)
    {
        await FillAsync(header, cancellation);
        var (kind, length) = ((BackupRecordKind)header[0], BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1)));
        if (BackupFormat.BodyBytesMax(kind) is not { } most || length < 0 || length > most)
        {
            throw Damaged("no record begins there");
        }

        var read = await ReadBodyAsync(length, cancellation);
        await FillAsync(footer, cancellation);
        if (kind == BackupRecordKind.Foot)
        {
            // Of what comes before it.
            digest = Convert.ToHexStringLower(sha256.GetCurrentHash());
        }

        Note(header);
        Note(read.Span);
        if (BinaryPrimitives.ReadUInt32LittleEndian(footer) != checksum)
        {
            throw Damaged("a record does not match its checksum, or is of another backup");
        }

        sha256.AppendData(footer);
        position += header.Length + length + footer.Length;
        return (kind, read);
    }

    /// <summary>A length that is damaged costs no more memory than what is there.</summary>
    private async Task<Memory<byte>> ReadBodyAsync(int length, CancellationToken cancellation)
    {
        for (var filled = 0; ;)
        {
            var end = Math.Min(length, body.Length);
            await FillAsync(body.AsMemory(filled, end - filled), cancellation);
            if (end == length)
            {
                return body.AsMemory(0, length);
            }

            filled = end;
            Array.Resize(ref body, Math.Min(length, 2 * body.Length));
        }
    }

    private async Task FillAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (await input.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation) < buffer.Length)
        {
            throw Damaged("it ends in the middle of a record: it was cut off");
        }
    }

    private void Note(ReadOnlySpan<byte> read)
    {
        checksum = Crc32C.Append(checksum, read);
        sha256.AppendData(read);
    }

    private CorruptDataException Damaged(string what, Exception? cause = null)
    {
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"{name} is damaged at byte {position}{(group is null ? "" : $", in {group}")}: {what}. Use another backup; "
                + $"`oraft backup list` tells which are whole");
        return cause is null ? new CorruptDataException(message) : new CorruptDataException(message, cause);
    }
}
