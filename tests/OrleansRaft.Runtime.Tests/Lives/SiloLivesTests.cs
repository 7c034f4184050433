using System.Buffers;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.Runtime.Tests.Lives;

/// <summary>When a silo begins carefully: after the second unclean end within ten minutes, and after nothing less.</summary>
public sealed class SiloLivesTests
{
    private static readonly DateTimeOffset Noon = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_first_life_and_a_life_after_an_end_in_order_begin_as_usual()
    {
        var (first, isFirstCareful) = SiloLives.Begin(null, Noon);
        var (second, isSecondCareful) = SiloLives.Begin(first.End(), Noon.AddSeconds(1));

        isFirstCareful.ShouldBeFalse();
        isSecondCareful.ShouldBeFalse();
        second.ShouldBe(new SiloLives(false, null));
    }

    [Fact]
    public void One_unclean_end_costs_nothing_and_a_second_one_within_ten_minutes_a_careful_start()
    {
        var (first, _) = SiloLives.Begin(null, Noon);
        var (second, isSecondCareful) = SiloLives.Begin(first, Noon.AddMinutes(1));
        var (third, isThirdCareful) = SiloLives.Begin(second, Noon.AddMinutes(11));
        var (_, isFourthCareful) = SiloLives.Begin(third, Noon.AddMinutes(21).AddSeconds(1));

        isSecondCareful.ShouldBeFalse();
        isThirdCareful.ShouldBeTrue();
        isFourthCareful.ShouldBeFalse();
    }

    /// <summary>Somebody stopped it in order in between; what ended it before is there still.</summary>
    [Fact]
    public void An_end_in_order_does_not_make_an_unclean_one_forgotten()
    {
        var (first, _) = SiloLives.Begin(null, Noon);
        var (second, _) = SiloLives.Begin(first, Noon.AddMinutes(1));
        var (third, isThirdCareful) = SiloLives.Begin(second.End(), Noon.AddMinutes(2));
        var (_, isFourthCareful) = SiloLives.Begin(third, Noon.AddMinutes(3));

        isThirdCareful.ShouldBeFalse();
        isFourthCareful.ShouldBeTrue();
    }

    [Theory]
    [InlineData(-9, true)]
    [InlineData(-11, false)]
    public void A_wall_clock_that_went_back_is_no_reason_to_wait_for_ten_minutes_of_it(int minutes, bool isCareful)
    {
        var (first, _) = SiloLives.Begin(null, Noon);
        var (second, _) = SiloLives.Begin(first, Noon);

        SiloLives.Begin(second, Noon.AddMinutes(minutes)).IsCareful.ShouldBe(isCareful);
    }

    [Fact]
    public void Lives_are_read_back_as_they_were_written_and_other_bytes_are_none()
    {
        foreach (var lives in new[] { new SiloLives(true, null), new SiloLives(false, Noon), new SiloLives(true, Noon) })
        {
            SiloLives.Decode(lives.Encode()).ShouldBe(lives);
        }

        SiloLives.Decode(default).ShouldBeNull();
        SiloLives.Decode(new byte[] { 9, 1, 0, 0, 0, 0, 0, 0, 0, 0 }).ShouldBeNull();
        SiloLives.Decode(new byte[] { 1, 0, 255, 255, 255, 255, 255, 255, 255, 255 }).ShouldBeNull();
        SiloLives.Decode(new SiloLives(false, Noon).Encode().AsMemory(0, 9)).ShouldBeNull();
    }

    [Fact]
    public void A_mark_is_read_back_as_it_was_written_and_a_damaged_one_is_none()
    {
        ApplyMark[] marks =
        [
            new() { Life = long.MinValue, First = new(3), Last = new(9), Program = ulong.MaxValue },
            new() { Life = 7, Restoring = new(0) },
            new() { Life = 7, First = new(3), Last = new(3), IsAccused = true },
            new() { Life = 7, Condemned = new(12), Unrestorable = new(5), Program = 3 },
        ];

        foreach (var mark in marks)
        {
            var encoded = mark.Encode();
            ApplyMark.Decode(encoded).ShouldBe(mark);
            for (var place = 0; place < encoded.Length; place++)
            {
                byte[] damaged = [.. encoded];
                damaged[place] ^= 1;
                ApplyMark.Decode(damaged).ShouldBeNull($"byte {place}");
                ApplyMark.Decode(encoded.AsMemory(0, place)).ShouldBeNull($"{place} bytes");
            }
        }
    }

    [Fact]
    public void A_mark_of_the_first_format_accuses_nothing()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteByte(1);
        writer.WriteInt64(7);
        writer.WriteVarint(3);
        writer.WriteVarint(9);
        for (var none = 0; none < 3; none++)
        {
            writer.WriteBoolean(false);
            writer.WriteVarint(0);
        }

        writer.WriteInt64(5);
        writer.WriteInt64(Crc32C.Compute(output.WrittenSpan));

        ApplyMark.Decode(output.WrittenMemory).ShouldBe(new ApplyMark { Life = 7, First = new(3), Last = new(9), Program = 5 });
    }
}
