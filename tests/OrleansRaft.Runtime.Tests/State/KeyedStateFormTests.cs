using static OrleansRaft.Runtime.Tests.State.StateBench;

namespace OrleansRaft.Runtime.Tests.State;

/// <summary>What a keyed state reads back is what was written, or it is refused as a whole.</summary>
public sealed class KeyedStateFormTests
{
    [Fact]
    public void A_stream_that_is_cut_anywhere_is_refused()
    {
        var bytes = Sample();

        for (var length = 1; length < bytes.Length; length++)
        {
            Refused(bytes[..length]);
        }
    }

    /// <summary>
    /// A machine whose whole state it is, is asked for its initial state with a stream that is empty; one part of several is never missing.
    /// </summary>
    [Fact]
    public void Nothing_to_read_is_the_empty_state_and_damage_where_a_part_was_expected()
    {
        var state = new KeyedState();
        state.Set("old"u8, "1"u8);

        state.Restore(Stream.Null);
        state.Count.ShouldBe(0);
        state.Set("old"u8, "1"u8);

        Should.Throw<CorruptDataException>(() => state.RestorePart(Stream.Null)).Message.ShouldContain("at its end");
        state.Count.ShouldBe(0);
    }

    [Fact]
    public void A_stream_with_any_bit_flipped_is_refused()
    {
        var bytes = Sample();

        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var damaged = bytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Refused(damaged);
        }
    }

    [Fact]
    public void Keys_out_of_order_and_keys_that_come_twice_are_refused()
    {
        // Count, and of each entry what it shares with the one before, the rest of its key, and its value.
        Refused([2, 0, 1, (byte)'b', 0, 0, 1, (byte)'a', 0]).ShouldContain("order");
        Refused([2, 0, 1, (byte)'a', 0, 1, 0, 0]).ShouldContain("order");
        Refused([2, 0, 2, (byte)'a', (byte)'b', 0, 1, 1, (byte)'b', 0]).ShouldContain("order");
        Refused([2, 0, 2, (byte)'a', (byte)'b', 0, 1, 0, 0]).ShouldContain("order");
    }

    [Fact]
    public void Lengths_beyond_their_limits_are_refused_before_anything_is_allocated_for_them()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        Refused([1, 1]).ShouldContain("in common");
        Refused([1, 0, 0x81, 0x08]).ShouldContain("1025");
        Refused([1, 0, 1, (byte)'a', 0x81, 0x80, 0x80, 0x20]).ShouldContain("67108865");
        Refused([1, 0, 1, (byte)'a', 0x80, 0x80, 0x80, 0x20, 1, 2, 3]).ShouldContain("at its end");
        Refused([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]).ShouldContain("at its end");

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024 * 1024);
    }

    [Fact]
    public void What_was_there_is_gone_when_a_restore_is_refused_and_when_it_is_not()
    {
        var state = new KeyedState();
        state.Set("old"u8, "1"u8);
        using (var cut = new MemoryStream([1, 0, 1, (byte)'a', 0]))
        {
            Should.Throw<CorruptDataException>(() => state.Restore(cut));
        }

        state.Count.ShouldBe(0);
        state.Set("old"u8, "1"u8);
        var other = new KeyedState();
        other.Set("new"u8, "2"u8);
        using var stream = new MemoryStream([.. Written(other), 99]);

        state.Restore(stream);

        state.TryGet("old"u8, out _).ShouldBeFalse();
        state.Digest.ShouldBe(other.Digest);
        stream.ReadByte().ShouldBe(99, "what follows is left in the stream");
    }

    /// <summary>Snapshots keep these bytes: a program that writes others could not read what it wrote before.</summary>
    [Fact]
    public void The_form_stays_what_it_is()
    {
        var state = new KeyedState();
        state.Set("ab"u8, [1]);
        state.Set("ac"u8, []);

        Convert.ToHexString(Written(state)[..^16]).ShouldBe("02" + "0002616201" + "01" + "01016300");
        Convert.ToHexString(Written(new KeyedState())).ShouldBe("00" + new string('0', 32));
    }

    private static byte[] Sample()
    {
        var state = new KeyedState();
        for (var number = 0; number < 40; number++)
        {
            state.Set(Bytes($"key/{number * number}"), Bytes(new string('v', number)));
        }

        state.Set(Bytes("large"), new byte[600]);
        return Written(state);
    }

    private static string Refused(byte[] bytes)
    {
        var state = new KeyedState();
        using var stream = new MemoryStream(bytes);
        var message = Should.Throw<CorruptDataException>(() => state.Restore(stream)).Message;
        state.Count.ShouldBe(0);
        state.Digest.ShouldBe(UInt128.Zero);
        return message;
    }
}
