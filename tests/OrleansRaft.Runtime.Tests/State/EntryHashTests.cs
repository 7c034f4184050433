using System.IO.Hashing;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Tests.State;

/// <summary>The hash of an entry is the same wherever its value lies, and whichever way it is made.</summary>
public sealed class EntryHashTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 513)]
    [InlineData(8, 512)]
    [InlineData(1_024, 513)]
    [InlineData(24, 16 * 1024 - 24)]
    [InlineData(24, 16 * 1024 - 23)]
    [InlineData(1_024, 100_000)]
    public void A_key_and_a_value_apart_hash_as_they_do_together(int keyLength, int valueLength)
    {
        var entry = new byte[keyLength + valueLength];
        new Random(keyLength + valueLength).NextBytes(entry);
        var key = entry.AsSpan(0, keyLength);
        var value = entry.AsSpan(keyLength);
        var inPieces = new XxHash128(keyLength);
        inPieces.Append(key);
        inPieces.Append(value);

        EntryHash.Of(key, value).ShouldBe(EntryHash.Of(entry, keyLength));
        EntryHash.Of(key, value).ShouldBe(inPieces.GetCurrentHashAsUInt128());
        EntryHash.Of(entry, keyLength + 1).ShouldNotBe(EntryHash.Of(entry, keyLength), "where the key ends matters");
    }

    /// <summary>A large value would otherwise cost half of a kilobyte at each write.</summary>
    [Fact]
    public void Hashing_a_large_value_takes_no_memory()
    {
        var (key, value) = (new byte[8], new byte[1_024]);
        EntryHash.Of(key, value);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 0; count < 100; count++)
        {
            EntryHash.Of(key, value);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);
    }
}
