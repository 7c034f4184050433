using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>What a wrong body may be answered with.</summary>
internal static class WireAnswers
{
    public static void ShouldBeClientsError(this Answer answer, string why)
    {
        ((int)answer.Status).ShouldBeOneOf([400, 413, 415], $"{why}: {answer.Text}");
        answer.MediaType.ShouldBe("application/problem+json", why);
        JsonDocument.Parse(answer.Text).RootElement.GetProperty("definite").GetBoolean().ShouldBeTrue(why);
    }

    public static void ShouldBeClientsErrorOrNothing(this Answer answer, string why)
    {
        if (answer.Status != 0)
        {
            answer.ShouldBeClientsError(why);
        }
    }
}
