namespace OrleansRaft.Sqlite.Internal;

/// <summary>What SQLite would make of a write-ahead log, and what it would leave out without a word.</summary>
/// <remarks>
/// SQLite takes what comes before the first frame that does not fit, through the last commit, and forgets everything behind. After a power loss that
/// is right: one transaction was under way, and any part of it may be on the disk. Frames of a later commit behind the first bad frame are another
/// matter: that commit began after the one before was durable, so something damaged the log since.
/// </remarks>
internal sealed class WalScan
{
    private WalScan(long length)
    {
        Length = length;
    }

    /// <summary>The file's length; 0 when there is none.</summary>
    public long Length { get; }

    /// <summary>Whether its header can be believed.</summary>
    public bool HasHeader { get; private set; }

    /// <summary>Where SQLite's recovery ends: after the last commit before the first bad frame.</summary>
    public WalPosition Committed { get; private set; }

    /// <summary>How many commits that are.</summary>
    public int Commits { get; private set; }

    /// <summary>The first frame that does not fit; null when there is none.</summary>
    public long? BadFrame { get; private set; }

    /// <summary>The first frame behind it that belongs to a later commit; null when there is none.</summary>
    public long? LaterFrame { get; private set; }

    /// <summary>The bytes of a page.</summary>
    public int PageBytes { get; private set; } = 4_096;

    /// <summary>The place at which the log was said to be; null when it does not get there.</summary>
    public WalPosition? AtMark { get; private set; }

    /// <summary>Whether the header was damaged, and not just never written whole: SQLite makes it durable before it writes the first frame.</summary>
    public bool IsHeaderDamaged => !HasHeader && Length > WalFormat.HeaderBytes;

    /// <summary>Where in the file the first bad frame is.</summary>
    public long BadOffset => WalFormat.OffsetOf(BadFrame ?? 1, PageBytes);

    /// <summary>Reads a log through.</summary>
    /// <param name="path">The file; may be missing.</param>
    /// <param name="markedFrames">The number of frames at which to note <see cref="AtMark"/>.</param>
    public static WalScan Read(string path, uint markedFrames)
    {
        if (!File.Exists(path))
        {
            return new WalScan(0);
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20);
        var scan = new WalScan(file.Length);
        Span<byte> header = stackalloc byte[WalFormat.HeaderBytes];
        if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
            && WalFormat.ReadHeader(header) is var (start, pageBytes, isLittleEndian))
        {
            scan.HasHeader = true;
            scan.PageBytes = pageBytes;
            scan.Committed = start;
            scan.AtMark = markedFrames == 0 ? start : null;
            scan.ReadFrames(file, start, isLittleEndian, markedFrames);
        }

        return scan;
    }

    private void ReadFrames(FileStream file, WalPosition last, bool isLittleEndian, uint markedFrames)
    {
        var frame = new byte[WalFormat.FrameBytes(PageBytes)];
        var hasCommitBehindBad = false;
        for (long number = 1; ; number++)
        {
            var length = file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false);
            if (length == 0)
            {
                return;
            }

            if (length < WalFormat.FrameHeaderBytes)
            {
                BadFrame ??= number;
                return;
            }

            if (BadFrame is null && length == frame.Length && TryFollow(frame, last, isLittleEndian) is { } position)
            {
                Take(frame, position, markedFrames);
                last = position;
                continue;
            }

            BadFrame ??= number;
            if (hasCommitBehindBad && IsOfThisLog(frame, last, number))
            {
                LaterFrame = number;
                return;
            }

            hasCommitBehindBad |= IsOfThisLog(frame, last, number) && CommitOf(frame) != 0;
        }
    }

    private void Take(ReadOnlySpan<byte> frame, WalPosition position, uint markedFrames)
    {
        if (CommitOf(frame) != 0)
        {
            Committed = position;
            Commits++;
            AtMark = position.Frames == markedFrames ? position : AtMark;
        }
    }

    private static WalPosition? TryFollow(ReadOnlySpan<byte> frame, WalPosition last, bool isLittleEndian)
    {
        var (checksum1, checksum2) = WalFormat.Sum(frame[..8], last.Checksum1, last.Checksum2, isLittleEndian);
        (checksum1, checksum2) = WalFormat.Sum(frame[WalFormat.FrameHeaderBytes..], checksum1, checksum2, isLittleEndian);
        var isRight = WalFormat.Word(frame, 0) != 0
            && WalFormat.Word(frame, 8) == last.Salt1
            && WalFormat.Word(frame, 12) == last.Salt2
            && WalFormat.Word(frame, 16) == checksum1
            && WalFormat.Word(frame, 20) == checksum2;
        return isRight ? last with { Frames = last.Frames + 1, Checksum1 = checksum1, Checksum2 = checksum2 } : null;
    }

    /// <summary>
    /// Whether a frame was written to this log and not to an earlier one in the same file, whose salts differ both. The first bad one may have a
    /// damaged salt.
    /// </summary>
    private bool IsOfThisLog(ReadOnlySpan<byte> frame, WalPosition log, long number)
    {
        var (isFirst, isSecond) = (WalFormat.Word(frame, 8) == log.Salt1, WalFormat.Word(frame, 12) == log.Salt2);
        return (isFirst && isSecond) || (number == BadFrame && (isFirst || isSecond));
    }

    private static uint CommitOf(ReadOnlySpan<byte> frame) => WalFormat.Word(frame, 4);
}
